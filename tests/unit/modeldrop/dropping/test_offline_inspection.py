from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.rejection import ModelRejected, SpecRejected
from modeldrop.dropping.offline_inspection import DEFAULT_INSTANCE_TYPE, inspect_file
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_model_that_would_be_served(model: Path) -> None:
    found = inspect_file(model, None, "resnet")
    assert 'name: "resnet"' in found.config_pbtxt
    assert (found.instance_type, found.labels) == (DEFAULT_INSTANCE_TYPE, None)


def test_sidecars_next_to_the_model_are_read(model: Path) -> None:
    (model.parent / "deploy.yaml").write_text("max_batch_size: 2")
    (model.parent / "labels.txt").write_text("cat\ndog\n")
    found = inspect_file(model, None, "resnet")
    assert found.signature.max_batch_size == 2
    assert found.labels == b"cat\ndog\n"


def test_spec_option_replaces_the_spec_next_to_the_model(model: Path) -> None:
    (model.parent / "deploy.yaml").write_text("max_batch_size: 2")
    other = model.parent / "other.yaml"
    other.write_text("max_batch_size: 4")
    assert inspect_file(model, other, "resnet").signature.max_batch_size == 4


def test_default_instance_type_is_the_templates(model: Path) -> None:
    from modeldrop.local.tools import PROJECT_ROOT

    template = (PROJECT_ROOT / "template.yaml").read_text()
    assert f"    Type: String\n    Default: {DEFAULT_INSTANCE_TYPE}\n" in template


@pytest.mark.parametrize("missing", ["model", "spec"])
def test_missing_file_is_a_usage_error(model: Path, missing: str) -> None:
    gone = model.parent / "gone"
    with pytest.raises(UsageError, match=f"No such file: {gone}"):
        inspect_file(
            gone if missing == "model" else model, gone if missing == "spec" else None, "x"
        )


def test_spec_that_is_not_text_is_rejected(model: Path) -> None:
    (model.parent / "deploy.yaml").write_bytes(b"\xff")
    with pytest.raises(SpecRejected, match=r"not UTF-8 text \(byte 0\)"):
        inspect_file(model, None, "resnet")


def test_wrong_spec_is_rejected(model: Path) -> None:
    (model.parent / "deploy.yaml").write_text("max_batch: 2")
    with pytest.raises(SpecRejected, match="max_batch_size"):
        inspect_file(model, None, "resnet")


def test_wrong_model_is_rejected(model: Path) -> None:
    model.write_bytes(b"<html>404</html>")
    with pytest.raises(ModelRejected):
        inspect_file(model, None, "resnet")


@pytest.mark.parametrize("name", ["a b", "", "../resnet"])
def test_wrong_name_is_refused(model: Path, name: str) -> None:
    with pytest.raises(UsageError):
        inspect_file(model, None, name)
