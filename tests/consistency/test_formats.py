"""A model format needs one module and one line of the registry."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from model_packager.formats.base import Content, ModelFormat
from model_packager.formats.declared_signature import signature_of_spec
from model_packager.formats.registry import all_formats, format_of
from model_packager.inspection import inspect_model
from model_packager.model_files import FORMAT_PATHS, MODEL_FILES
from model_packager.names.drop import SPEC_FILE, model_name
from model_packager.rejection import ModelRejected
from modeldrop.dropping.drop import object_name
from scripts.write_model_files_page import formats_table
from tests.consistency.asl import RESOURCES

if TYPE_CHECKING:
    from pathlib import Path

MADE_UP = ModelFormat(
    object_name="model.xyz",
    title="a made-up model",
    summary="a format that only this test knows",
    spec="`inputs` and `outputs`",
    read=lambda _file, _model: Content(
        signature=lambda spec: signature_of_spec("made up", spec, has_text=True)
    ),
    backend_field=("backend", "made_up"),
    path="1/model.xyz",
    recognizes=lambda file: (file.seek(0), file.read(4))[1] == b"made",
)
SPEC = """
inputs: [{name: x, dtype: FP32, dims: [3]}]
outputs: [{name: y, dtype: FP32, dims: [3]}]
"""


def test_registry_lists_each_format_under_its_object_name() -> None:
    assert [each.object_name for each in all_formats()] == list(MODEL_FILES)


def keys_of(machine: str, event: str) -> list[object]:
    rule = RESOURCES[machine]["Properties"]["Events"][event]
    found: list[object] = rule["Properties"]["Pattern"]["detail"]["object"]["key"]
    return found


def test_event_rules_match_every_format() -> None:
    models = [each for name in MODEL_FILES for each in ({"suffix": f"/{name}"}, name)]
    dropped = [*models, {"suffix": f"/{SPEC_FILE}"}, SPEC_FILE]
    assert keys_of("DeployModelStateMachine", "ModelDropped") == dropped
    assert keys_of("RetireModelStateMachine", "ModelDeleted") == models


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMAT_PATHS, "model.xyz", f"{__name__}:MADE_UP")


@pytest.mark.usefixtures("registered")
def test_one_line_registers_a_format(tmp_path: Path) -> None:
    assert model_name("resnet/model.xyz") == "resnet"
    assert format_of("resnet/model.xyz").title == "a made-up model"
    assert object_name(tmp_path / "resnet.xyz") == "model.xyz"
    assert "| `model.xyz` | a format that only this test knows |" in formats_table()
    config = inspected(b"made", "model.xyz")
    assert 'backend: "made_up"' in config


@pytest.mark.usefixtures("registered")
def test_registered_format_is_recognized_under_another_name() -> None:
    with pytest.raises(ModelRejected, match=r"a made-up model, but model\.pt must be") as caught:
        inspected(b"made", "model.pt")
    assert caught.value.fix == "Upload it as model.xyz."


def test_format_that_is_not_registered_is_unknown() -> None:
    with pytest.raises(ModelRejected, match="only objects with the names"):
        model_name("resnet/model.xyz")


def inspected(content: bytes, name: str) -> str:
    return inspect_model(
        io.BytesIO(content),
        "resnet",
        spec=SPEC,
        labels=None,
        instance_type="ml.m5.large",
        release="24.10",
        model_format=format_of(name),
    ).config_pbtxt
