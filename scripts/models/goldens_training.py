"""Goldens of training: two small networks after three steps of PyTorch's optimizers, in 64-bit numbers.

The batches are not written down: both sides compute them from a formula (`numbers`).
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

STEPS = 3


def numbers(count: int, key: int) -> torch.Tensor:
    """Numbers between -1 and 1 that a test can compute again: multiples of 1/1024."""
    at = torch.arange(count, dtype=torch.int64)
    mixed = (at * 7919 + key * 104729 + (at * at % 1009) * 31) % 2049
    return (mixed.double() - 1024) / 1024


class Block(nn.Module):
    """A residual block of `resnet-cnn`."""

    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, features, 3, 2, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(features)
        self.conv2 = nn.Conv2d(features, features, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(features)
        self.shortcut = nn.Conv2d(channels, features, 1, 2, bias=False)
        self.shortcut_norm = nn.BatchNorm2d(features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.leaky_relu(self.norm1(self.conv1(x)), 0.01)
        y = self.norm2(self.conv2(y))
        return functional.leaky_relu(y + self.shortcut_norm(self.shortcut(x)), 0.01)


class Resnet(nn.Module):
    """`resnet-cnn` with two blocks of 4 and 8 channels, without dropout."""

    inputs = [("image", [3, 24, 32])]
    batch, classes = 6, 4

    def __init__(self) -> None:
        super().__init__()
        self.block1 = Block(3, 4)
        self.block2 = Block(4, 8)
        self.head = nn.Linear(8, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        y = self.block2(self.block1(image))
        return self.head(y.mean((2, 3)))


class Fusion(nn.Module):
    """Two inputs, each through a linear layer, joined before the last."""

    inputs = [("speech", [12]), ("text", [7])]
    batch, classes = 5, 3

    def __init__(self) -> None:
        super().__init__()
        self.speech = nn.Linear(12, 8)
        self.text = nn.Linear(7, 4)
        self.head = nn.Linear(12, 3)

    def forward(self, speech: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        joined = torch.cat([self.speech(speech).relu(), self.text(text).relu()], 1)
        return self.head(joined)


def batch_of(net: nn.Module, step: int) -> list[torch.Tensor]:
    made = []
    for index, (_, dims) in enumerate(net.inputs):
        sizes = [net.batch, *dims]
        made.append(numbers(torch.Size(sizes).numel(), 10 * step + index).reshape(sizes))
    return made


def targets_of(net: nn.Module, step: int, soft: bool) -> torch.Tensor:
    labels = torch.arange(net.batch) * (step + 1) % net.classes
    hard = functional.one_hot(labels, net.classes).double()
    return 0.8 * hard + 0.2 / net.classes if soft else hard


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    weighted = targets * weights
    return -(weighted * logits.log_softmax(1)).sum() / weighted.sum()


def tensors(state: dict[str, torch.Tensor]) -> dict:
    kept = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    return {
        name: {"dims": list(tensor.shape), "values": [float(f"{v:.9g}") for v in tensor.flatten().tolist()]}
        for name, tensor in kept.items()
    }


def train(net: nn.Module, optimizer: torch.optim.Optimizer, weights: list[float], soft: bool, clip: float | None) -> dict:
    weights = torch.tensor(weights, dtype=torch.float64)
    golden = {"first": tensors(net.state_dict()), "losses": [], "norms": []}
    for step in range(STEPS):
        targets = targets_of(net, step, soft)
        logits = net(*batch_of(net, step))
        loss = cross_entropy(logits, targets, weights)
        if not soft:
            plain = functional.cross_entropy(logits, targets.argmax(1), weight=weights)
            assert torch.allclose(loss, plain)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            golden["logits"] = tensors({"logits": logits.detach()})["logits"]
            golden["gradients"] = tensors({name: p.grad for name, p in net.named_parameters()})
        limit = float("inf") if clip is None else clip
        golden["norms"].append(torch.nn.utils.clip_grad_norm_(net.parameters(), limit).item())
        golden["losses"].append(loss.item())
        optimizer.step()
    golden["last"] = tensors(net.state_dict())
    net.eval()
    with torch.no_grad():
        golden["used"] = tensors({"used": net(*batch_of(net, 0))})["used"]
    return golden


def write_training(folder: Path) -> None:
    torch.manual_seed(7)
    # Made in 32-bit numbers, which both sides hold exactly.
    net = Resnet().double()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=1e-1)
    resnet = train(net, optimizer, [1.0, 2.0, 0.5, 1.5], soft=False, clip=None)
    net = Fusion().double()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2, weight_decay=1e-1)
    fusion = train(net, optimizer, [1.0, 0.5, 2.0], soft=True, clip=0.1)
    for name, golden in [("resnet", resnet), ("fusion", fusion)]:
        path = folder / f"training.{name}.json"
        path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    write_training(Path(__file__).resolve().parents[2] / "tests" / "models" / "goldens")
