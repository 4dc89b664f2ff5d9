"""Goldens of the networks of `augment train`: small ones after three steps of PyTorch's AdamW, in 64-bit numbers.

Each network is written once more in PyTorch, with the parameters' names that the program has. Batches and first parameters are
not written down: both sides compute them from a formula. Dropout is 0: the program makes its masks by rules of its own. Networks
around an encoder from a file are in `goldens_encoders.py`.

    python scripts/models/goldens_networks.py

also counts the parameters of the networks of full size.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from goldens_training import STEPS, Block, batch_of, cross_entropy, numbers, targets_of

# What docs and tests say.
COUNTS = {
    "resnet-cnn": 4_899_460,
    "resnet-crnn-at": 9_235_076,
    "text-head": 1_540,
    "text-head, 128 hidden": 49_796,
    "bimer": 4_999_044,
    "bimer with resnet-crnn-at": 9_334_660,
}
WIDTHS = [16, 32, 64, 128, 256, 512]


def blocks(widths: list[int]) -> list[tuple[str, Block]]:
    channels = [3, *widths]
    return [(f"block{i + 1}", Block(channels[i], width)) for i, width in enumerate(widths)]


class ResnetCnn(nn.Module):
    """Residual blocks, the mean over the map, a linear layer."""

    batch = 5

    def __init__(self, height: int, width: int, widths: list[int], classes: int) -> None:
        super().__init__()
        self.inputs, self.classes = [("image", [3, height, width])], classes
        self.widths = widths
        for name, block in blocks(widths):
            self.add_module(name, block)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        for i in range(len(self.widths)):
            image = self.get_submodule(f"block{i + 1}")(image)
        return self.head(image.mean((2, 3)))


class Attentive(nn.Module):
    """Residual blocks, GRU, attention over the steps and a layer of a Transformer's encoder; the mean over the steps."""

    def __init__(self, widths: list[int], heads: int, feed_forward: int) -> None:
        super().__init__()
        self.count = len(widths)
        for name, block in blocks(widths):
            self.add_module(name, block)
        size = widths[-1]
        self.gru = nn.GRU(size, size // 2, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(size, 1, bias=False)
        self.encoder = nn.TransformerEncoderLayer(size, heads, feed_forward, dropout=0.0, batch_first=True)

    def features(self, image: torch.Tensor) -> torch.Tensor:
        for i in range(self.count):
            image = self.get_submodule(f"block{i + 1}")(image)
        steps, _ = self.gru(image.flatten(2).transpose(1, 2))
        return self.encoder(steps * self.attention(steps).softmax(1)).mean(1)


class ResnetCrnnAt(Attentive):
    """With dropout, which is left out here, and a linear layer."""

    batch = 5

    def __init__(
        self, height: int, width: int, widths: list[int], heads: int, feed_forward: int, classes: int
    ) -> None:
        super().__init__(widths, heads, feed_forward)
        self.inputs, self.classes = [("image", [3, height, width])], classes
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(image))


class TextHead(nn.Module):
    """A linear layer over features of texts, or two with ReLU between them."""

    batch = 7

    def __init__(self, size: int, hidden: int | None, classes: int) -> None:
        super().__init__()
        self.inputs, self.classes = [("text", [size])], classes
        if hidden is not None:
            self.hidden = nn.Linear(size, hidden)
        self.has_hidden = hidden is not None
        self.head = nn.Linear(size if hidden is None else hidden, classes)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        return self.head(self.hidden(text).relu() if self.has_hidden else text)


class Bimer(nn.Module):
    """Features of speech and a linear layer's features of texts, side by side, into a linear layer."""

    batch = 6

    def __init__(
        self,
        height: int,
        width: int,
        widths: list[int],
        size: int,
        features: int,
        classes: int,
        attentive: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.inputs, self.classes = [("image", [3, height, width]), ("text", [size])], classes
        self.attentive = attentive is not None
        self.speech = Attentive(widths, *attentive) if attentive else nn.Sequential()
        if attentive is None:
            for name, block in blocks(widths):
                self.speech.add_module(name, block)
        self.words = nn.Sequential()
        self.words.add_module("linear", nn.Linear(size, features))
        self.head = nn.Linear(widths[-1] + features, classes)

    def forward(self, image: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        speech = self.speech.features(image) if self.attentive else self.speech(image).mean((2, 3))
        return self.head(torch.cat([speech, self.words(text)], 1))


def is_of_file(name: str) -> bool:
    """Whether it begins as in the file of an encoder."""
    return "backbone." in name or name.startswith("words.encoder.")


def begin(net: nn.Module) -> nn.Module:
    """Puts the formula's numbers into parameters and running statistics, by the order of their names."""
    state = {
        name: tensor
        for name, tensor in net.state_dict().items()
        if not name.endswith("num_batches_tracked") and not is_of_file(name)
    }
    for key, name in enumerate(sorted(state)):
        tensor = state[name]
        drawn = numbers(tensor.numel(), 1000 + key).reshape(tensor.shape)
        if tensor.dim() > 1:
            # The power of 2 at or above PyTorch's bound, 1 / √(inputs of an output), so that 32 bits hold the product.
            drawn = drawn / 2 ** ((tensor[0].numel().bit_length() - 1) // 2)
        else:
            # Scales and variances lie around 1, biases and means around 0.
            around = 1.0 if name.endswith(("running_var", "norm.weight", "norm1.weight", "norm2.weight")) else 0.0
            drawn = around + drawn / 2
        tensor.copy_(drawn)
    return net


def written(tensors: dict[str, torch.Tensor]) -> dict[str, list[float]]:
    """Seven digits: the tests compare four."""
    return {name: [float(f"{v:.7g}") for v in tensor.flatten().tolist()] for name, tensor in sorted(tensors.items())}


def loss_of(logits: torch.Tensor, targets: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The program's loss, after a look at how it relates to PyTorch's own."""
    loss = cross_entropy(logits, targets, weights)
    smoothing = 1 - (targets.max() - targets.min()).item()
    plain = functional.cross_entropy(logits, labels, weight=weights, label_smoothing=smoothing)
    # PyTorch divides by the weights of the labels, the program by those of the targets. The two are one without smoothing,
    # and also without weights.
    ratio = weights[labels].sum() / (targets * weights).sum()
    assert torch.allclose(loss, plain * ratio)
    return loss


def train(net: nn.Module, weights: list[float] | None, soft: bool, clip: float | None) -> dict:
    """Three steps of what is not frozen. A net with an encoder tells `data(step)` and how it is `saved`: the name in the program, and
    the tensor as it stands there."""
    begin(net)
    data = getattr(net, "data", lambda step: batch_of(net, step))
    saved = getattr(net, "saved", lambda name, tensor: (name, tensor))
    trained = {name: parameter for name, parameter in net.named_parameters() if parameter.requires_grad}
    parameters = list(trained.values())
    optimizer = torch.optim.AdamW(parameters, lr=1e-2, weight_decay=1e-1)
    weights = torch.tensor(weights or [1.0] * net.classes, dtype=torch.float64)
    golden = {"losses": [], "norms": []}
    for step in range(STEPS):
        targets = targets_of(net, step, soft)
        logits = net(*data(step))
        loss = loss_of(logits, targets, targets.argmax(1), weights)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, float("inf") if clip is None else clip)
        if clip is not None:
            assert norm > 1.5 * clip, f"a norm of {norm} is not clipped"
        if step == 0:
            golden["logits"] = written({"logits": logits.detach()})["logits"]
            golden["gradients"] = written(dict(saved(name, p.grad) for name, p in trained.items()))
        golden["losses"].append(loss.item())
        golden["norms"].append(norm.item())
        optimizer.step()
    # Of an encoder only what is trained is in the program's state.
    kept = [
        (name, tensor)
        for name, tensor in net.state_dict().items()
        if name in trained or not (name.endswith("num_batches_tracked") or is_of_file(name))
    ]
    golden["last"] = written(dict(saved(*item) for item in kept))
    net.eval()
    with torch.no_grad():
        golden["used"] = written({"used": net(*data(0))})["used"]
    return golden


def write_networks(folder: Path) -> None:
    small = {
        "resnet-cnn": lambda: ResnetCnn(20, 27, [4, 6, 8], 4),
        "resnet-crnn-at": lambda: ResnetCrnnAt(14, 11, [4, 6], 3, 10, 4),
        "text-head": lambda: TextHead(12, None, 4),
        "text-head-hidden": lambda: TextHead(12, 9, 4),
        "bimer": lambda: Bimer(21, 16, [4, 6], 10, 5, 4),
        "bimer-crnn": lambda: Bimer(12, 9, [4, 6], 10, 5, 4, (2, 9)),
    }
    write(folder, small)


def write(folder: Path, nets: dict) -> None:
    for name, make in nets.items():
        golden = {
            "plain": train(make().double(), None, soft=False, clip=None),
            "weighted": train(make().double(), [1.0, 2.0, 0.5, 1.5], soft=True, clip=0.1),
        }
        path = folder / f"network.{name}.json"
        path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
        print(f"{path.name}: {path.stat().st_size} bytes")


def count() -> None:
    """The networks of full size have as many trained parameters as the docs say."""
    full = {
        "resnet-cnn": ResnetCnn(369, 496, WIDTHS, 4),
        "resnet-crnn-at": ResnetCrnnAt(369, 496, WIDTHS, 8, 2048, 4),
        "text-head": TextHead(384, None, 4),
        "text-head, 128 hidden": TextHead(384, 128, 4),
        "bimer": Bimer(369, 496, WIDTHS, 384, 256, 4),
        "bimer with resnet-crnn-at": Bimer(369, 496, WIDTHS, 384, 256, 4, (8, 2048)),
    }
    compare_counts(full, COUNTS)


def compare_counts(networks: dict[str, nn.Module], counts: dict[str, int]) -> None:
    for name, net in networks.items():
        found = sum(parameter.numel() for parameter in net.parameters())
        print(f"{name}: {found:,} parameters in PyTorch, {counts[name]:,} in the docs")
        assert found == counts[name]


if __name__ == "__main__":
    torch.set_num_threads(1)
    count()
    write_networks(Path(__file__).resolve().parents[2] / "tests" / "models" / "goldens")
