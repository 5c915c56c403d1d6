"""The failure table is consistent, and mentions only existing keys of deploy.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_spec import Container, Endpoint
from model_packager.spec.triton_spec import InstanceGroup, ModelWarmup
from workflow.failures.diagnosis import CONTAINER_ROWS, TABLE
from workflow.failures.failure import FailureKind, FailureRow
from workflow.failures.log_errors import error_lines_in

if TYPE_CHECKING:
    from pydantic import BaseModel

MODELS: dict[str, type[BaseModel]] = {"endpoint": Endpoint, "instance_group": InstanceGroup}
OTHER_MODELS: tuple[type[BaseModel], ...] = (DeploySpec, Container, ModelWarmup)
KEYS = {key for each in (*OTHER_MODELS, *MODELS.values()) for key in each.model_fields}
OF_PYTORCH_ONNX_AND_TRITON = {
    "view_as_real",
    "to_dense",
    "ir_version",
    "opset_version",
    "default_model_filename",
    "model_repository",
}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.example[:40])
def test_first_matching_row_of_an_example_is_its_own(row: FailureRow) -> None:
    assert next(each for each in TABLE if each.diagnose(row.example)) is row


@pytest.mark.parametrize("row", CONTAINER_ROWS, ids=lambda row: row.example[:40])
def test_container_example_is_an_error_line(row: FailureRow) -> None:
    assert error_lines_in([f'E1122 09:50:15.933921 1 a.cc:642] "{row.example}"'])


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.example[:40])
def test_cause_and_fix_are_complete_and_have_a_source(row: FailureRow) -> None:
    diagnosis = row.diagnose(row.example)
    assert diagnosis is not None
    for text in (diagnosis.cause, diagnosis.fix):
        assert text == text.strip()
        assert "  " not in text
        assert "{" not in text
    assert diagnosis.fix.endswith(".")
    assert row.source.startswith(("https://", "tritonserver 2.51", "the patterns", "AWS documents"))


def test_every_kind_of_failure_with_a_text_has_a_row() -> None:
    without_text = {FailureKind.STARTUP_TIMEOUT, FailureKind.POSSIBLE_CAPACITY}
    assert set(FailureKind) - {row.kind for row in TABLE} == without_text


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.example[:40])
def test_fix_names_only_existing_keys(row: FailureRow) -> None:
    for group, key in re.findall(r"\b(endpoint|instance_group)\.(\w+)", row.fix):
        assert key in MODELS[group].model_fields
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", row.fix))
    assert named - OF_PYTORCH_ONNX_AND_TRITON <= KEYS
