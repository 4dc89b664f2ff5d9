"""Goldens of networks around encoders from files, small: `resnet50-crnn-at`, and `bimer` with encoders as branches; as those of
`goldens_networks.py`, three steps of PyTorch's AdamW in 64-bit numbers.

    python scripts/models/goldens_encoders.py

The encoders are those of `goldens_bert.py`, by the names in the files of torch.export. Such a file has its ResNet's normalisations
within its convolutions, so that is what is trained here: convolutions with a bias. Once it is the file that kept them: their scales
and offsets are trained, their statistics stay. Also counts parameters of full size.
"""

import json
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn

from goldens_bert import batch_of, bert, file_names, pooled, resnet
from goldens_networks import blocks, compare_counts, write
from goldens_training import numbers

MODELS = Path(__file__).resolve().parents[2] / "tests" / "models"
PICTURE = [3, 24, 32]
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
# Others, so that a test tells where they come from.
COLOURS = ([0.5, 0.375, 0.25], [0.5, 0.25, 0.125])
ROWS, CLASSES = 5, 4

# What docs and tests say, without the weights of encoders.
COUNTS = {
    "resnet50-crnn-at": 4_468_740,
    "bimer with resnet50-crnn-at": 4_568_324,
}


class Bottleneck(nn.Module):
    """A block of ResNet-50 with its normalisations within its convolutions."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1)
        self.conv3 = nn.Conv2d(width, 4 * width, 1)
        self.downsample = nn.Sequential(nn.Conv2d(channels, 4 * width, 1, stride))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv2(self.conv1(x).relu()).relu()
        return (self.conv3(y) + self.downsample(x)).relu()


class Folded(nn.Module):
    """`resnet-random` up to its last map, with its file's weights. Of its two stages the last few are trained; None for all there is."""

    channels = 16

    def __init__(self, last: int | None) -> None:
        super().__init__()
        self.conv1, self.maxpool = nn.Conv2d(3, 4, 7, 2, 3), nn.MaxPool2d(3, 2, 1)
        self.layer1, self.layer2 = Bottleneck(4, 2, 1), Bottleneck(8, 4, 2)
        there = weights(MODELS / "resnet-random" / "dynamo.onnx")
        for name, parameter in self.named_parameters():
            parameter.data.copy_(there[self.file_name(name)])
            stage = {"layer1": 1, "layer2": 2}.get(name.split(".")[0], 0)
            parameter.requires_grad_(last is None or stage > 2 - last)

    @staticmethod
    def file_name(name: str) -> str:
        return name.removesuffix("bias") + "weight_bias" if name.endswith(".bias") else name

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layer2(self.layer1(self.maxpool(self.conv1(image).relu())))


def weights(path: Path) -> dict[str, torch.Tensor]:
    return {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in onnx.load(path).graph.initializer}


class Kept(nn.Module):
    """The same with its normalisations, which go by the statistics that they have."""

    channels = 16

    def __init__(self) -> None:
        super().__init__()
        net = resnet()
        self.conv1, self.bn1, self.maxpool, self.layer1, self.layer2 = net.conv1, net.bn1, net.maxpool, net.layer1, net.layer2

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.layer2(self.layer1(self.maxpool(self.bn1(self.conv1(image)).relu())))


class Speech(nn.Module):
    """An image with the colours that its encoder knows; the map; convolution, normalisation, ReLU; spatial attention; each place is a
    step; GRU; a layer of a Transformer's encoder; the mean over the steps."""

    def __init__(
        self, backbone: nn.Module, channels: int, kernel: int, heads: int, feed_forward: int, colours=IMAGENET
    ) -> None:
        super().__init__()
        self.mean, self.std = (torch.tensor(part, dtype=torch.float64).reshape(1, 3, 1, 1) for part in colours)
        self.backbone, self.size = backbone, 2 * channels
        self.conv = nn.Conv2d(backbone.channels, channels, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.gru = nn.GRU(channels, channels, batch_first=True, bidirectional=True)
        self.encoder = nn.TransformerEncoderLayer(self.size, heads, feed_forward, dropout=0.0, batch_first=True)

    def features(self, image: torch.Tensor) -> torch.Tensor:
        x = self.backbone(((image + 1) / 2 - self.mean) / self.std)
        x = self.norm(self.conv(x)).relu()
        shares = x.mean(1).flatten(1).softmax(1)
        steps, _ = self.gru((x.flatten(2) * shares[:, None]).transpose(1, 2))
        return self.encoder(steps).mean(1)


def saved(speech: Speech, name: str, tensor: torch.Tensor) -> tuple[str, torch.Tensor]:
    scope, found, own = name.rpartition("backbone.")
    folded = found and isinstance(speech.backbone, Folded)
    return f"{scope}{found}{Folded.file_name(own)}" if folded else name, tensor


class Resnet50CrnnAt(Speech):
    """A linear layer over the features of speech."""

    batch, classes, inputs = ROWS, CLASSES, [("image", PICTURE)]

    def __init__(self, *sizes, **more) -> None:
        super().__init__(*sizes, **more)
        self.head = nn.Linear(self.size, CLASSES)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(image))

    def saved(self, name: str, tensor: torch.Tensor) -> tuple[str, torch.Tensor]:
        return saved(self, name, tensor)


class Residual(nn.Sequential):
    """`resnet-cnn` without its head."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        for name, block in blocks(widths):
            self.add_module(name, block)
        self.size = widths[-1]

    def features(self, image: torch.Tensor) -> torch.Tensor:
        return self(image).mean((2, 3))


class Words(nn.Module):
    """`bert-random`, of whose two layers the last few are trained, None for all there is; one vector of its tokens; a linear layer."""

    def __init__(self, last: int | None, pooling: str, features: int) -> None:
        super().__init__()
        self.encoder, self.pooling, self.size = bert(), pooling, features
        self.names = file_names(self.encoder, MODELS / "bert-random" / "dynamo.onnx")
        self.linear = nn.Linear(8, features)
        for name, parameter in self.encoder.named_parameters():
            layer = 1 + int(name.split(".")[2]) if name.startswith("encoder.layer.") else 0
            parameter.requires_grad_(last is None or layer > 2 - last)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        vectors = self.encoder(ids, mask, types).last_hidden_state
        return self.linear(pooled(vectors, mask, self.pooling))


class Features(nn.Module):
    """A linear layer over what a frozen encoder gave."""

    def __init__(self, size: int, features: int) -> None:
        super().__init__()
        self.size, self.linear = features, nn.Linear(size, features)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        return self.linear(text)


class Bimer(nn.Module):
    """Both branches' features side by side, under a linear layer."""

    batch, classes = ROWS, CLASSES

    def __init__(self, speech: nn.Module, words: nn.Module) -> None:
        super().__init__()
        self.speech, self.words = speech, words
        self.head = nn.Linear(speech.size + words.size, CLASSES)

    def forward(self, image: torch.Tensor, *text: torch.Tensor) -> torch.Tensor:
        return self.head(torch.cat([self.speech.features(image), self.words(*text)], 1))

    def data(self, step: int) -> list[torch.Tensor]:
        image = numbers(ROWS * 3 * 24 * 32, 10 * step).reshape([ROWS, *PICTURE])
        if isinstance(self.words, Words):
            return [image, *batch_of(step, ROWS)]
        size = self.words.linear.in_features
        return [image, numbers(ROWS * size, 10 * step + 1).reshape(ROWS, size)]

    def saved(self, name: str, tensor: torch.Tensor) -> tuple[str, torch.Tensor]:
        own = name.removeprefix("words.encoder.")
        if own == name:
            return saved(self.speech, name, tensor)
        there, turned = self.words.names[own]
        return f"words.encoder.{there}", tensor.T if turned else tensor


def check_folded() -> None:
    """Normalisations within convolutions are what the file was exported of."""
    net, there = Folded(None).double(), weights(MODELS / "resnet-random" / "dynamo.onnx")
    images = numbers(2 * 3 * 24 * 32, 0).reshape([2, *PICTURE])
    found = net(images).mean((2, 3)) @ there["fc.weight"].double().T + there["fc.bias"].double()
    expected = json.loads((MODELS / "goldens" / "resnet-random.json").read_text())
    assert torch.allclose(found.flatten(), torch.tensor(expected).double(), atol=1e-5), (found, expected)


def write_encoders(folder: Path) -> None:
    check_folded()
    # With 6 numbers in the feed-forward part instead of 8, the first network's clipped run has a gradient of 6e-9, of which AdamW
    # makes whole steps: PyTorch's own 32-bit run then ends 2e-4 from its 64-bit one, with these sizes at most 7e-6.
    write(
        folder,
        {
            "resnet50-crnn-at": lambda: Resnet50CrnnAt(Folded(None), 4, 1, 2, 8),
            "resnet50-crnn-at-kept": lambda: Resnet50CrnnAt(Kept(), 4, 1, 2, 8),
            "resnet50-crnn-at-last": lambda: Resnet50CrnnAt(Folded(1), 4, 3, 2, 8, COLOURS),
            "resnet50-crnn-at-frozen": lambda: Resnet50CrnnAt(Folded(0), 4, 1, 2, 8, COLOURS),
            "bimer-encoders": lambda: Bimer(Speech(Folded(1), 4, 1, 2, 8), Words(1, "mean", 5)),
            "bimer-resnet50": lambda: Bimer(Speech(Folded(0), 4, 1, 2, 8), Features(10, 5)),
            "bimer-bert": lambda: Bimer(Residual([4]), Words(None, "first", 5)),
        },
    )


def count() -> None:
    """What stands around encoders of full size has as many parameters as the docs say."""
    map_of_2048 = nn.Identity()
    map_of_2048.channels = 2048
    sizes = (map_of_2048, 256, 1, 8, 2048)
    full = {
        "resnet50-crnn-at": Resnet50CrnnAt(*sizes),
        "bimer with resnet50-crnn-at": Bimer(Speech(*sizes), Features(384, 256)),
    }
    compare_counts(full, COUNTS)


if __name__ == "__main__":
    torch.set_num_threads(1)
    count()
    write_encoders(MODELS / "goldens")
