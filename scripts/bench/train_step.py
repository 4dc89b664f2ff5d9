"""The time of a training step of a network here and in PyTorch: same shapes, one thread, in turns.

    cargo build --release --example train_step
    python scripts/bench/train_step.py LIBRARY [--network resnet-cnn] [--batch 16] [--steps 6] [--rounds 3] [--size 369 496]

LIBRARY is ONNX Runtime's. Networks are `resnet-cnn`, `resnet-crnn-at` (a size is height and width), and parts of the latter: `bigru`
(steps, hidden size of a direction) and `encoder` (steps, features). Both sides run AdamW on the same shapes. Medians of the steps behind the first of each round are
printed: processor time, which other programs on the machine disturb less, and time by the clock.
"""

import argparse
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

import turns

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ["resnet-cnn", "resnet-crnn-at", "bigru", "encoder"]
CHANNELS = [3, 16, 32, 64, 128, 256, 512]


class Block(nn.Module):
    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, features, 3, 2, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(features)
        self.conv2 = nn.Conv2d(features, features, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(features)
        self.shortcut = nn.Conv2d(channels, features, 1, 2, bias=False)
        self.shortcut_norm = nn.BatchNorm2d(features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.leaky_relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return functional.leaky_relu(y + self.shortcut_norm(self.shortcut(x)))


class ResnetCrnnAt(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(Block(a, b) for a, b in zip(CHANNELS, CHANNELS[1:])))
        self.gru = nn.GRU(512, 256, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(512, 1, bias=False)
        self.encoder = nn.TransformerEncoderLayer(512, 8, 2048, dropout=0.1, batch_first=True)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(512, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        steps, _ = self.gru(self.blocks(x).flatten(2).transpose(1, 2))
        return self.head(self.encoder(steps * self.attention(steps).softmax(1)).mean(1))


class BiGru(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.before = nn.Linear(size, 2 * size)
        self.gru = nn.GRU(2 * size, size, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * size, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.gru(self.before(x))[0].mean(1))


class Encoder(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.before = nn.Linear(size, size)
        self.attention = nn.Linear(size, 1, bias=False)
        self.encoder = nn.TransformerEncoderLayer(size, 8, 2048, dropout=0.1, batch_first=True)
        self.head = nn.Linear(size, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        steps = self.before(x)
        return self.head(self.encoder(steps * self.attention(steps).softmax(1)).mean(1))


def network(name: str, size: list[int]) -> tuple[nn.Module, list[int]]:
    """A network and the sizes of one row."""
    if name == "bigru":
        return BiGru(size[1]), size
    if name == "encoder":
        return Encoder(size[1]), size
    if name == "resnet-crnn-at":
        return ResnetCrnnAt(), [3, *size]
    blocks = [Block(a, b) for a, b in zip(CHANNELS, CHANNELS[1:])]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(512, 4)), [3, *size]


def pytorch(name: str, batch: int, steps: int, size: list[int]) -> dict:
    net, row = network(name, size)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-5, weight_decay=1e-3)
    x = torch.randn(batch, *row)
    return turns.pytorch(net, optimizer, [x], steps)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--network", choices=NETWORKS, default="resnet-cnn")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, nargs=2)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/examples/train_step")
    arguments = parser.parse_args()
    size = arguments.size or ([50, 64] if arguments.network in ("bigru", "encoder") else [369, 496])
    turns.one_thread()
    name, batch, steps = arguments.network, arguments.batch, arguments.steps
    sides = {
        "PyTorch": lambda: pytorch(name, batch, steps, size),
        "augment": lambda: turns.ours(arguments.program, arguments.library, name, batch, steps, *size),
    }
    turns.compare(arguments.rounds, sides)


if __name__ == "__main__":
    main()
