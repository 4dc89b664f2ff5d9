"""A small BERT with random weights as ONNX files, and goldens of fine-tuning it: three steps of PyTorch's AdamW, in 64-bit numbers.

    python scripts/models/goldens_bert.py

`model.onnx` is exported on PyTorch's TorchScript route, which gives turned weights of products a number for a name; goldens go by
that file's names. `older.onnx` is the same with ONNX's operators of version 11, `dynamo.onnx` on the route of torch.export. So is
a small ResNet, as both routes write it (both fold normalisations into convolutions), and `kept.onnx` with its normalisations.
"""

import json
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from goldens_training import STEPS, numbers
from onnx_files import clean

ROWS, TOKENS, CLASSES = 4, 8, 4


def bert() -> BertModel:
    torch.manual_seed(11)
    config = BertConfig(
        vocab_size=24,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=12,
        max_position_embeddings=12,
        # Far from the usual 0.02: with it, attention would hardly tell tokens apart.
        initializer_range=0.4,
        attn_implementation="eager",
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def batch_of(step: int, rows: int = ROWS) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    row = torch.arange(rows)[:, None]
    at = torch.arange(TOKENS)[None]
    mask = (at < TOKENS - row % 3).long()
    # 0 is the padding, whose vector PyTorch does not train.
    ids = (1 + (row * 7 + at * 5 + step * 3 + at * row) % 23) * mask
    types = (at >= 4).long() * mask
    return ids, mask, types


def export(model: BertModel, path: Path) -> None:
    ids, mask, types = batch_of(0)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in [*names, "last_hidden_state"]}
    torch.onnx.export(
        model, (ids, mask, types), path, input_names=names, output_names=["last_hidden_state"], dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )
    clean(path)
    older = path.with_name("older.onnx")
    torch.onnx.export(
        model, (ids, mask, types), older, input_names=names, output_names=["last_hidden_state"], dynamic_axes=axes,
        opset_version=11, dynamo=False,
    )
    clean(older)
    batch, sequence = torch.export.Dim("batch"), torch.export.Dim("sequence")
    other = path.with_name("dynamo.onnx")
    torch.onnx.export(
        model, (ids, mask, types), other, input_names=names, output_names=["last_hidden_state"],
        dynamic_shapes={name: {0: batch, 1: sequence} for name in names}, dynamo=True, external_data=False,
    )
    clean(other)


class Bottleneck(nn.Module):
    """A block of ResNet-50 (He et al. 2016), with the stride in its second convolution, as torchvision has it."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.downsample = nn.Sequential(nn.Conv2d(channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y)).relu()
        return (self.bn3(self.conv3(y)) + self.downsample(x)).relu()


class Resnet(nn.Module):
    """The parts of ResNet-50 that differ, once each."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 7, 2, 3, bias=False), nn.BatchNorm2d(4)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1, self.layer2 = Bottleneck(4, 2, 1), Bottleneck(8, 4, 2)
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(16, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.maxpool(self.bn1(self.conv1(image)).relu())
        return self.fc(torch.flatten(self.avgpool(self.layer2(self.layer1(x))), 1))


def resnet() -> Resnet:
    torch.manual_seed(5)
    net = Resnet().eval()
    with torch.no_grad():
        for name, tensor in [*net.named_parameters(), *net.named_buffers()]:
            if tensor.dim() == 1:
                tensor.copy_((1 if name.endswith(("weight", "var")) else 0) + 0.2 * torch.rand_like(tensor))
    return net


def export_resnet(folder: Path) -> list[float]:
    """Writes all files; gives the logits of two images."""
    net = resnet()
    images = numbers(2 * 3 * 24 * 32, 0).reshape(2, 3, 24, 32).float()
    script = {"dynamo": False, "opset_version": 17, "dynamic_axes": {"image": {0: "batch"}, "scores": {0: "batch"}}}
    for name, settings in {
        "script": script,
        "dynamo": {"dynamo": True, "external_data": False, "dynamic_shapes": {"image": {0: torch.export.Dim("batch")}}},
        "kept": script | {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE},
    }.items():
        path = folder / f"{name}.onnx"
        torch.onnx.export(net, (images,), path, input_names=["image"], output_names=["scores"], **settings)
        clean(path)
        print(f"{folder.name}/{path.name}: {path.stat().st_size} bytes")
    with torch.no_grad():
        return values(net.double()(images.double()))


def file_names(model: BertModel, path: Path) -> dict[str, tuple[str, bool]]:
    """For each parameter its name in the file, and whether it is turned there."""
    there = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in onnx.load(path).graph.initializer}
    names = {}
    for name, parameter in model.named_parameters():
        if name in there:
            names[name] = (name, False)
            continue
        found = [k for k, t in there.items() if t.shape == parameter.T.shape and torch.equal(t, parameter.detach().T)]
        assert len(found) == 1, name
        names[name] = (found[0], True)
    return names


class Classifier(nn.Module):
    def __init__(self, encoder: BertModel, pooling: str) -> None:
        super().__init__()
        self.encoder, self.pooling = encoder, pooling
        self.head = nn.Linear(8, CLASSES)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        vectors = self.encoder(ids, mask, types).last_hidden_state
        return self.head(pooled(vectors, mask, self.pooling))


def pooled(vectors: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """One vector a row: that of the first token, or the mean of those that are no padding."""
    if pooling == "first":
        return vectors[:, 0]
    share = mask.to(vectors.dtype)[:, :, None]
    return (vectors * share).sum(1) / share.sum(1)


def values(tensor: torch.Tensor) -> list[float]:
    return [float(f"{value:.7g}") for value in tensor.detach().flatten().tolist()]


def train(model: BertModel, names: dict[str, tuple[str, bool]], pooling: str, last: int | None) -> dict:
    net = Classifier(model, pooling).double()
    with torch.no_grad():
        for key, parameter in enumerate([net.head.weight, net.head.bias]):
            parameter.copy_(numbers(parameter.numel(), 1000 + key).reshape(parameter.shape) / 2)
    trained = {}
    for name, parameter in net.named_parameters():
        layers = len(model.encoder.layer)
        kept = last is None or name.startswith("head.") or any(
            name.startswith(f"encoder.encoder.layer.{layer}.") for layer in range(layers - last, layers)
        )
        parameter.requires_grad_(kept)
        if kept:
            own = name.removeprefix("encoder.")
            there, turned = (name, False) if name.startswith("head.") else names[own]
            trained[there if name.startswith("head.") else f"encoder.{there}"] = (parameter, turned)
    optimizer = torch.optim.AdamW([p for p, _ in trained.values()], lr=1e-3, weight_decay=1e-1)

    def written(of) -> dict:
        return {name: values(of(p).T if turned else of(p)) for name, (p, turned) in sorted(trained.items())}

    golden = {"losses": [], "norms": []}
    for step in range(STEPS):
        logits = net(*batch_of(step))
        targets = torch.arange(ROWS) * (step + 1) % CLASSES
        loss = functional.cross_entropy(logits, targets)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            golden["logits"], golden["gradients"] = values(logits), written(lambda p: p.grad)
        golden["norms"].append(torch.nn.utils.clip_grad_norm_([p for p, _ in trained.values()], float("inf")).item())
        golden["losses"].append(loss.item())
        optimizer.step()
    golden["last"] = written(lambda p: p)
    with torch.no_grad():
        golden["used"] = values(net(*batch_of(0)))
    return golden


def write_bert(models: Path) -> None:
    """Writes both models and their goldens below `models`."""
    goldens, folder, resnet = (models / name for name in ("goldens", "bert-random", "resnet-random"))
    for made in (goldens, folder, resnet):
        made.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    export(bert(), path)
    names = file_names(bert(), path)
    (goldens / "resnet-random.json").write_text(json.dumps(export_resnet(resnet)) + "\n")
    golden = {"all": train(bert(), names, "first", None), "last": train(bert(), names, "mean", 1)}
    file = goldens / "bert-random.json"
    file.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes, {file.name}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    write_bert(Path(__file__).resolve().parents[2] / "tests" / "models")
