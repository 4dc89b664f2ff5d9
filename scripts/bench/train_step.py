"""The time of a training step of a network here and in PyTorch: same shapes, one thread, in turns.

    cargo build --release --example train_step
    python scripts/bench/train_step.py LIBRARY [--network resnet-cnn] [--batch 16] [--steps 6] [--rounds 3] [--memory] [--size 369 496]

LIBRARY is ONNX Runtime's. Networks are `resnet-cnn`, `resnet-crnn-at` (a size is height and width); `resnet50-crnn-at` with all of its
ResNet-50 trained, and `maps`, the same fed with the maps of a frozen one, both with `--model MODEL.onnx`, a ResNet-50 that
`--export MODEL.onnx` writes with random weights (it needs transformers); and parts: `bigru` (steps, hidden size of a direction) and
`encoder` (steps, features). Both sides run AdamW on the same shapes. PyTorch's ResNet-50 keeps its running statistics, as a file does.
Medians of the steps behind the first of each round are printed: processor time, which other programs on the machine disturb less, and
time by the clock. With --memory it is the largest resident memory of one run of each.
"""

import argparse
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

import turns

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ["resnet-cnn", "resnet-crnn-at", "resnet50-crnn-at", "maps", "bigru", "encoder"]
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


def resnet50() -> nn.Module:
    from transformers import ResNetConfig, ResNetModel

    return ResNetModel(ResNetConfig()).eval()


class Maps(nn.Module):
    """What stands behind the last map of a ResNet-50."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2048, 256, 1, bias=False), nn.BatchNorm2d(256)
        self.gru = nn.GRU(256, 256, batch_first=True, bidirectional=True)
        self.encoder = nn.TransformerEncoderLayer(512, 8, 2048, dropout=0.1, batch_first=True)
        self.head = nn.Linear(512, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.conv(x)).relu()
        x = x * x.mean(1, keepdim=True).flatten(2).softmax(2).reshape(len(x), 1, *x.shape[2:])
        steps, _ = self.gru(x.flatten(2).transpose(1, 2))
        return self.head(self.encoder(steps).mean(1))


class Resnet50CrnnAt(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.rest = resnet50(), Maps()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.rest(self.backbone(x).last_hidden_state)


def export(path: Path) -> None:
    """Writes a ResNet-50 of random weights."""
    axes = {"pixel_values": {0: "batch", 2: "height", 3: "width"}}
    names = {"input_names": ["pixel_values"], "output_names": ["last_hidden_state", "pooler_output"]}
    image = torch.zeros(1, 3, 224, 224)
    torch.onnx.export(resnet50(), (image,), path, dynamic_axes=axes, opset_version=17, dynamo=False, **names)


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
    if name == "resnet50-crnn-at":
        return Resnet50CrnnAt(), [3, *size]
    if name == "maps":
        return Maps(), [2048, *(-(-side // 32) for side in size)]
    blocks = [Block(a, b) for a, b in zip(CHANNELS, CHANNELS[1:])]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(512, 4)), [3, *size]


def pytorch(name: str, batch: int, steps: int, size: list[int]) -> dict:
    net, row = network(name, size)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-5, weight_decay=1e-3)
    x = torch.randn(batch, *row)
    return turns.pytorch(net, optimizer, [x], steps)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", nargs="?")
    parser.add_argument("--network", choices=NETWORKS, default="resnet-cnn")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, nargs=2)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--export", type=Path)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/examples/train_step")
    parser.add_argument("--memory", action="store_true", help="the largest resident memory of each, one run")
    arguments = parser.parse_args()
    if arguments.export:
        return export(arguments.export)
    size = arguments.size or ([50, 64] if arguments.network in ("bigru", "encoder") else [369, 496])
    turns.one_thread()
    name, batch, steps = arguments.network, arguments.batch, arguments.steps
    ours = f"{name}={arguments.model}" if arguments.model else name
    sides = {
        "PyTorch": lambda: pytorch(name, batch, steps, size),
        "augment": lambda: turns.ours(arguments.program, arguments.library, ours, batch, steps, *size),
    }
    turns.measure(arguments, sides)


if __name__ == "__main__":
    main()
