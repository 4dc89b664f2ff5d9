"""The time of a step of fine-tuning a BERT of MiniLM's size here and in PyTorch: same shapes, one thread, in turns.

    cargo build --release --example fine_tune_step
    python scripts/bench/fine_tune_step.py LIBRARY MODEL.onnx [--batch 16] [--tokens 64] [--steps 6] [--rounds 3] [--memory]

LIBRARY is ONNX Runtime's, MODEL.onnx an encoder of 6 layers and 384 features. PyTorch's has no dropout but before the head, as an
exported file has none. Both sides run AdamW on the same shapes. Medians of the steps behind the first of each round are
printed: processor time, which other programs on the machine disturb less, and time by the clock. With --memory it is the
largest resident memory of one run of each.
"""

import argparse
from pathlib import Path

import torch
from torch import nn
from transformers import BertConfig, BertModel

import turns

ROOT = Path(__file__).resolve().parents[2]


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        config = BertConfig(
            hidden_size=384,
            num_hidden_layers=6,
            num_attention_heads=12,
            intermediate_size=1536,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.dropout, self.head = nn.Dropout(0.1), nn.Linear(384, 4)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        vectors = self.encoder(ids, mask).last_hidden_state
        return self.head(self.dropout(vectors[:, 0]))


def pytorch(batch: int, tokens: int, steps: int) -> dict:
    torch.manual_seed(1)
    net = Classifier().train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-5)
    ids = torch.randint(1000, 20_000, (batch, tokens))
    mask = torch.ones_like(ids)
    return turns.pytorch(net, optimizer, [ids, mask], steps)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("model")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/examples/fine_tune_step")
    parser.add_argument("--memory", action="store_true", help="the largest resident memory of each, one run")
    arguments = parser.parse_args()
    turns.one_thread()
    sizes = [arguments.batch, arguments.tokens, arguments.steps]
    sides = {
        "PyTorch": lambda: pytorch(*sizes),
        "augment": lambda: turns.ours(arguments.program, arguments.library, arguments.model, *sizes),
    }
    turns.measure(arguments, sides)


if __name__ == "__main__":
    main()
