"""Damaged configs, code and models in a repository are accepted or rejected in bounded time."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model_packager.formats.triton_repository.repositories import (
    CODE,
    IO,
    ONNX_CONFIG,
    PYTHON_CONFIG,
    TORCH_CONFIG,
    archive,
    inspected,
    onnx,
    torchscript,
)
from tests.unit.model_packager.fuzzing import assert_read_or_rejected, fuzzed
from tests.unit.model_packager.saved_models import saved_model

if TYPE_CHECKING:
    from tests.unit.model_packager.formats.triton_repository.repositories import Files

pytestmark = pytest.mark.slow

MAPS = 'input_map { key: "x" value: "x" } output_map { key: "y" value: "y" }'
STEP = f'step {{ model_name: "m" model_version: -1 {MAPS} }}'
ENSEMBLE = (
    'platform: "ensemble" max_batch_size: 8 '
    'input { name: "x" data_type: TYPE_FP32 dims: 4 } '
    'output { name: "y" data_type: TYPE_FP32 dims: 3 } '
    f"ensemble_scheduling {{ {STEP} }}"
)
TENSORFLOW_CONFIG = 'platform: "tensorflow_savedmodel"\n' + IO
MORE = (
    "version_policy { latest { num_versions: 1 } } instance_group { kind: KIND_CPU count: 1 } "
    "dynamic_batching { preferred_batch_size: [ 4, 8 ] } "
    'parameters { key: "a" value { string_value: "b" } } '
    'model_warmup { name: "w" inputs { key: "x" value { data_type: TYPE_FP32 dims: 4 '
    "zero_data: true } } }"
)
CALLS = CODE.replace(
    "        return [",
    '        pb_utils.InferenceRequest(model_name="m", inputs=[]).exec()\n        return [',
)
CONFIGS = (ONNX_CONFIG, PYTHON_CONFIG, TORCH_CONFIG, ENSEMBLE, ONNX_CONFIG + MORE)
PIECES = (
    *("input", "output", "dims", "reshape { shape: [ ] }", "data_type", "TYPE_STRING", "{", "}"),
    *("[", "]", "<", ">", ":", ",", ";", '"', "'", "#", "\\", "0", "-1", "9" * 30, "0x", "1e999"),
    *("nan", "true", "max_batch_size: -1", "name: ''", 'platform: "ensemble"', "\0", "\ufeff"),
    *("sequence_batching { }", "batch_input { }", "ensemble_scheduling { }", 'backend: "python"'),
    *("version_policy { specific { versions: 99999999999999999999 } }", STEP, "é", "\u2028"),
)


def read(files: Files) -> None:
    models: dict[str, Files] = {"drop": files, "m": {"config.pbtxt": ONNX_CONFIG, **MODEL()}}
    assert_read_or_rejected(lambda: inspected(archive(models)))


@cache
def MODEL() -> Files:  # noqa: N802 - a constant that takes a second to compute
    return {"1/model.onnx": onnx()}


def changed(data: st.DataObject, text: str, pieces: tuple[str, ...]) -> str:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 20)))
        piece = data.draw(st.sampled_from(pieces) | st.text(max_size=4))
        text = text[:start] + piece * data.draw(st.sampled_from([1, 1, 1, 50])) + text[end:]
    return text


def encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


@fuzzed
@given(data=st.data())
def test_changed_configs(data: st.DataObject) -> None:
    config = data.draw(st.sampled_from(CONFIGS))
    files: Files = {"1/model.py": CODE, "1/model.onnx": onnx(), "1/model.pt": torchscript()}
    read({"config.pbtxt": encoded(changed(data, config, PIECES)), **files})


@fuzzed
@given(data=st.data())
def test_changed_code(data: st.DataObject) -> None:
    pieces = (
        *("return", "yield", "lambda: 0", "class TritonPythonModel:", "    ", "\n", "async ", "*"),
        *("import os\n", "def execute(self, requests):", "pass\n", "(", ")", "[", "not ", "-", "."),
        *(
            "\\",
            '"""',
            "f'{",
            "model_name=",
            "open(__file__)",
            "raise ",
            "\0",
            "\x0c",
            "# coding: x",
        ),
    )
    code = changed(data, data.draw(st.sampled_from([CODE, CALLS])), pieces)
    read({"config.pbtxt": PYTHON_CONFIG, "1/model.py": encoded(code)})


@fuzzed
@given(data=st.data())
def test_changed_models(data: st.DataObject) -> None:
    """An ONNX model, TorchScript and a SavedModel, with changed, removed and repeated bytes."""
    name, config, content = data.draw(
        st.sampled_from(
            [
                ("model.onnx", ONNX_CONFIG, onnx()),
                ("model.onnx", 'platform: "onnxruntime_onnx"', onnx()),
                ("model.pt", TORCH_CONFIG, torchscript()),
                ("model.savedmodel/saved_model.pb", TENSORFLOW_CONFIG, saved_model()),
            ]
        )
    )
    damaged = bytearray(content)
    chosen = random.Random(data.draw(st.integers(0, 2**32)))
    for _ in range(chosen.randint(1, 6)):
        at = chosen.randrange(len(damaged))
        match chosen.randrange(4):
            case 0:
                damaged[at] = chosen.randrange(256)
            case 1:
                del damaged[at : at + chosen.randrange(1, 20)]
            case 2:
                damaged[at:at] = damaged[at : at + chosen.randrange(1, 200)]
            case _:
                damaged[at:at] = chosen.choice([b"\xff" * 9, b"\x0a\x00", b"\x3a\x80\x01", b"\x80"])
        if not damaged:
            break
    read({"config.pbtxt": config, f"1/{name}": bytes(damaged)})
