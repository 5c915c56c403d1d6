"""Warnings about TorchScript models, from their code and data.

A warning never rejects a model. Each rule is a pure function of the archive and the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from model_packager.model_warnings import Host, ModelWarning, WarningCode, fewer_outputs
from model_packager.spec.yaml.lines import tensor_line

if TYPE_CHECKING:
    from model_packager.formats.torchscript.archive import TorchScriptArchive
    from model_packager.signature import Signature, Tensor

_AGAIN = "export it again, and upload it"
_MAX_NAMES = 5

_OF_TORCHVISION = frozenset(
    f"torchvision::{name}"
    for name in ("deform_conv2d", "nms", "ps_roi_align", "ps_roi_pool", "roi_align", "roi_pool")
) | frozenset(
    f"image::{name}"
    for name in ("decode_image", "decode_jpeg", "decode_png", "encode_jpeg", "encode_png")
)
"""Triton's PyTorch backend is linked with libtorchvision in all releases from 23.12 to 26.05, and
has libjpeg and libpng next to it (triton-inference-server/pytorch_backend, CMakeLists.txt:
TRITON_PYTORCH_ENABLE_TORCHVISION is ON, TORCHVISION_LIBS). The library includes the operators for
pictures: CMake builds torchvision/csrc/io/image into it, by default without WebP and AVIF
(pytorch/vision, CMakeLists.txt). All versions since 0.9 have these operators."""

_PYTORCH_OF_RELEASE = {"23.12": (2, 2), "24.01": (2, 2), "24.03": (2, 3), "24.05": (2, 4)}
"""The PyTorch version in Triton's older releases, from NVIDIA's release notes of the PyTorch
container with the same number, from which Triton's PyTorch backend is built. Later releases have
2.5 or newer, which has every operator in `code.NEWER_OPERATORS`."""

_CHANNELS, _SMALL_PICTURE = 3, 32

_NEWEST_FORMAT = 10
"""The newest file format that libtorch has read since PyTorch 1.12, and so in every release here
(kMaxSupportedFileFormatVersion in caffe2/serialize/versions.h)."""


def model_warnings(
    archive: TorchScriptArchive, signature: Signature, where: Host
) -> tuple[ModelWarning, ...]:
    """Return all warnings about a model on a host."""
    return (
        tuple(
            ModelWarning(code=code, cause=cause, fix=fix)
            for rule in (_of_state, _of_mode, _of_devices, _of_operators, _of_format, _of_weights)
            for code, cause, fix in rule(archive, where)
        )
        + tuple(
            ModelWarning(code=code, cause=cause, fix=fix)
            for rule in (_of_batch, _of_size)
            for code, cause, fix in rule(archive, signature)
        )
        + fewer_outputs([each.name for each in signature.outputs], archive.returns or 0)
    )


Found = Iterator[tuple[WarningCode, str, str]]


def _of_state(archive: TorchScriptArchive, _: Host) -> Found:
    if archive.code.changed:
        yield (
            WarningCode.STATEFUL,
            f"The model keeps state between calls ({_listed(archive.code.changed)}): requests "
            "affect later requests of any client, and each instance of the model has its own "
            "state.",
            f"Take the state as an input of `forward` and return it as an output, {_AGAIN}. If the "
            "state is intended, serve one client at a time.",
        )


def _of_mode(archive: TorchScriptArchive, _: Host) -> Found:
    code = archive.code
    if code.traced_in_training or (archive.data.training and code.reads_training):
        yield (
            WarningCode.TRAINING_MODE,
            "The model was saved in training mode: dropout and batch norm make its outputs "
            "differ between requests, and from the tested outputs.",
            f"Call `model.eval()` before you trace or script it, {_AGAIN}.",
        )


def _of_devices(archive: TorchScriptArchive, where: Host) -> Found:
    cuda = tuple(device for device in archive.code.devices if device.startswith("cuda"))
    if cuda and not where.runs_on_gpu:
        yield (
            WarningCode.CUDA_DEVICE,
            f"The model's code names a GPU ({_listed(cuda)}), but it runs on the CPU: its "
            "first request will fail.",
            "Choose an instance with a GPU (endpoint.instance_type: ml.g4dn.xlarge in deploy.yaml) "
            f"or let the code use the input's device (`x.device`), {_AGAIN}.",
        )
    elif cuda and where.gpus > 1:
        yield (
            WarningCode.CUDA_DEVICE,
            f"The model's code names a GPU ({_listed(cuda)}), and the instance has several: Triton "
            "puts a copy of the model on each, and the copies on the others will fail.",
            f"Let the code use the input's device (`x.device`), {_AGAIN}; or choose an instance "
            "with one GPU.",
        )
    elif not set(cuda) <= {"cuda", "cuda:0"}:
        yield (
            WarningCode.CUDA_DEVICE,
            f"The model's code names a GPU ({_listed(cuda)}) that the instance does not have: it "
            "has one, cuda:0. The first request will fail.",
            f"Let the code use the input's device (`x.device`), {_AGAIN}.",
        )
    elif "cpu" in archive.code.devices and where.runs_on_gpu:
        yield (
            WarningCode.CPU_DEVICE,
            "The model was traced on the CPU, and its code makes tensors there. On a GPU that "
            'fails where such a tensor meets an input ("Expected all tensors to be on the same '
            'device").',
            "If the smoke test fails: script the model (`torch.jit.script`) or trace it on a GPU, "
            f"{_AGAIN}; or keep it on the CPU (instance_group.kind: KIND_CPU in deploy.yaml).",
        )


def _of_operators(archive: TorchScriptArchive, where: Host) -> Found:
    custom = tuple(name for name in archive.code.foreign_operators if name not in _OF_TORCHVISION)
    if custom:
        yield (
            WarningCode.CUSTOM_OPERATORS,
            f"The model uses custom operators ({_listed(custom)}), which Triton's image does not "
            "have: the endpoint will most likely fail to start with `Unknown builtin op`.",
            f"Replace them with PyTorch operators, {_AGAIN}.",
        )
    pytorch = _PYTORCH_OF_RELEASE.get(where.release)
    for name, needed in archive.code.newer_operators:
        if pytorch is not None and pytorch < needed:
            yield (
                WarningCode.NEWER_OPERATORS,
                f"The model uses {name}, which came with PyTorch {_version(needed)}, and Triton "
                f"{where.release} has PyTorch {_version(pytorch)}: the endpoint will most likely "
                "fail to start.",
                "Deploy the stack with a later Triton release, or export the model with PyTorch "
                f"{_version(pytorch)}, and upload it again.",
            )


def _of_format(archive: TorchScriptArchive, where: Host) -> Found:
    if archive.file_format is not None and archive.file_format > _NEWEST_FORMAT:
        yield (
            WarningCode.NEWER_FORMAT,
            f"The file has TorchScript's format {archive.file_format}, and the PyTorch in Triton "
            f"{where.release} is known to read up to {_NEWEST_FORMAT}.",
            "Deploy the stack with a later Triton release, or export the model with an older "
            "PyTorch, and upload it again.",
        )


def _of_weights(archive: TorchScriptArchive, where: Host) -> Found:
    if archive.code.quantized and where.runs_on_gpu:
        yield (
            WarningCode.QUANTIZED_ON_GPU,
            "The model is quantized, and PyTorch implements most quantized operators for the CPU "
            "only: on a GPU, its first request will most likely fail.",
            "Choose a CPU instance (endpoint.instance_type: ml.c6i.xlarge in deploy.yaml), or keep "
            "it on the CPU (instance_group.kind: KIND_CPU), and upload it again.",
        )
    if "FP64" in archive.data.dtypes and not archive.code.quantized:  # quantized scales are FP64
        yield (
            WarningCode.FLOAT64_WEIGHTS,
            "The model has float64 weights: they take twice the memory of float32, and most GPUs "
            "are much slower with them. They may also fail with float32 inputs.",
            f"Call `model.float()` before you trace or script it, {_AGAIN}.",
        )


def _of_batch(archive: TorchScriptArchive, signature: Signature) -> Found:
    if archive.batch_is_baked and signature.max_batch_size != 1:
        yield (
            WarningCode.FIXED_BATCH,
            "The traced code seems to contain the example's batch of 1 as a fixed number: with any "
            "other batch the model may fail, or mix up its examples.",
            "Write shapes as `x.size(0)` or -1 instead of numbers in `forward`, "
            f"{_AGAIN}; or set max_batch_size to 1 in deploy.yaml.",
        )
    elif archive.batch_is_baked:
        yield (
            WarningCode.FIXED_BATCH,
            "The traced code seems to contain the example's batch of 1 as a fixed number, so the "
            "model is served one example at a time (max_batch_size 1).",
            "For larger batches write shapes as `x.size(0)` or -1 instead of numbers in `forward`, "
            f"{_AGAIN}.",
        )
    elif signature.max_batch_size == 0 and _leads_alike(archive):
        size = (archive.traced_inputs or ())[0].shape[0]
        yield (
            WarningCode.FIXED_BATCH,
            f"Every example input has the leading size {size}, which looks like a batch; the model "
            f"is served without batches, so every request must have exactly these {size}.",
            "If it is the batch: trace the model with a batch of 1, or set max_batch_size and the "
            "inputs in deploy.yaml, and upload it again.",
        )


def _of_size(archive: TorchScriptArchive, signature: Signature) -> Found:
    """Warn about a tiny example picture: models are often traced with one, as any size will do."""
    tiny = [each for each in signature.inputs if _is_tiny_picture(each)]
    if not tiny or not archive.traced_inputs or not signature.max_batch_size:
        return
    lines = (
        tensor_line(each.name, each.dtype, [*each.dims[:1], -1, -1], [*each.dims[:1], 224, 224])
        if each in tiny
        else tensor_line(each.name, each.dtype, each.dims)
        for each in signature.inputs
    )
    height, width = tiny[0].dims[1:]
    yield (
        WarningCode.FIXED_SIZE,
        f"The model was traced with {height} x {width} pixels, so the endpoint takes only pictures "
        "of this size.",
        "If the model takes other sizes, put these lines into deploy.yaml, with the size for the "
        "smoke test in place of 224, and upload it:\ninputs:\n" + "\n".join(lines),
    )


def _is_tiny_picture(tensor: Tensor) -> bool:
    """Return whether an input is a picture with three channels, smaller than CIFAR's (32 x 32)."""
    return (
        tensor.dtype.startswith("FP")
        and len(tensor.dims) == 3
        and tensor.dims[0] == _CHANNELS
        and all(0 < size < _SMALL_PICTURE for size in tensor.dims[1:])
    )


def _leads_alike(archive: TorchScriptArchive) -> bool:
    """Return whether all example inputs have rank 2 or more and the same leading size above 1."""
    shapes = [traced.shape for traced in archive.traced_inputs or ()]
    return (
        bool(shapes)
        and all(len(shape) >= 2 for shape in shapes)
        and len({shape[0] for shape in shapes}) == 1
        and shapes[0][0] > 1
    )


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(f"{name:.60}" for name in names[:_MAX_NAMES])
    return shown if len(names) <= _MAX_NAMES else f"{shown} and {len(names) - _MAX_NAMES} more"


def _version(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
