"""TensorRT engines and AOTInductor packages are recognized by content, and configured for AWS."""

from __future__ import annotations

import io
import zipfile

import pytest

from model_packager.formats.aot_inductor import AOT_INDUCTOR
from model_packager.formats.base import ModelFormat
from model_packager.formats.tensorrt_engine import TENSORRT_ENGINE
from model_packager.inspection import Inspection, inspect_model
from model_packager.rejection import ModelRejected, SpecRejected

SPEC = """
max_batch_size: 4
inputs: [{name: INPUT__0, dtype: FP16, dims: [3, 8]}]
outputs: [{name: OUTPUT__0, dtype: FP16, dims: [8]}]
"""
ENGINE = b"ftrt" + bytes(range(256)) * 10


def zipped(*names: str) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return output.getvalue()


PACKAGE = zipped("model/archive_format", "model/data/aotinductor/model/a.wrapper.so")


def inspected(
    content: bytes,
    model_format: ModelFormat,
    instance_type: str = "ml.g4dn.xlarge",
    release: str = "26.05",
) -> Inspection:
    return inspect_model(
        io.BytesIO(content),
        "m",
        spec=SPEC,
        labels=None,
        instance_type=instance_type,
        model_format=model_format,
        release=release,
    )


@pytest.mark.parametrize(
    ("content", "model_format", "platform"),
    [
        (ENGINE, TENSORRT_ENGINE, "tensorrt_plan"),
        (bytes(range(1, 256)) * 10, TENSORRT_ENGINE, "tensorrt_plan"),
        (PACKAGE, AOT_INDUCTOR, "torch_aoti"),
    ],
)
def test_configured_for_aws(content: bytes, model_format: ModelFormat, platform: str) -> None:
    found = inspected(content, model_format)
    assert f'platform: "{platform}"\nmax_batch_size: 4\n' in found.config_pbtxt
    assert found.signature.inputs[0].dims == (3, 8)


def test_engine_needs_a_gpu() -> None:
    with pytest.raises(SpecRejected, match=r"needs a GPU, and ml.m5.large has none"):
        inspected(ENGINE, TENSORRT_ENGINE, "ml.m5.large")


def test_package_needs_a_release_that_supports_it() -> None:
    with pytest.raises(SpecRejected, match=r"from 26.03 on, but the stack uses 25.09"):
        inspected(PACKAGE, AOT_INDUCTOR, release="25.09")


@pytest.mark.parametrize("content", [b"", b"<html>", zipped("a"), b"\x89HDF\r\n\x1a\n"])
def test_no_engine(content: bytes) -> None:
    with pytest.raises(ModelRejected, match="not a TensorRT engine"):
        inspected(content, TENSORRT_ENGINE)


@pytest.mark.parametrize(
    ("content", "model_format", "name"),
    [(PACKAGE, TENSORRT_ENGINE, "model.pt2"), (ENGINE, AOT_INDUCTOR, "model.plan")],
)
def test_fix_has_the_object_name_of_the_right_format(
    content: bytes, model_format: ModelFormat, name: str
) -> None:
    with pytest.raises(ModelRejected) as caught:
        inspected(content, model_format)
    assert f"Upload it as {name}." in caught.value.fix


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "not an AOTInductor package"),
        (zipped("m/archive_format", "m/models/model.json"), r"torch.export program"),
        (zipped("m/serialized_exported_program.json"), r"torch.export program"),
        (zipped("m/data.pkl", "m/deep/data/aotinductor/x"), "zip archive, but not an AOTInductor"),
        (zipped(), "zip archive"),
        (PACKAGE[:80], "damaged archive"),
    ],
)
def test_no_package(content: bytes, message: str) -> None:
    with pytest.raises(ModelRejected, match=message):
        inspected(content, AOT_INDUCTOR)
