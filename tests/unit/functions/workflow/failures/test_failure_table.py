"""The table holds against itself, and against the keys of deploy.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_spec import Endpoint
from model_packager.spec.triton_spec import InstanceGroup
from workflow.failures.diagnosis import CONTAINER_ROWS, TABLE
from workflow.failures.failure import FailureKind, Row
from workflow.failures.log_errors import complaints_in

if TYPE_CHECKING:
    from pydantic import BaseModel

MODELS: dict[str, type[BaseModel]] = {"endpoint": Endpoint, "instance_group": InstanceGroup}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.example[:40])
def test_row_knows_its_own_example_first(row: Row) -> None:
    assert next(each for each in TABLE if each.failure(row.example)) is row


@pytest.mark.parametrize("row", CONTAINER_ROWS, ids=lambda row: row.example[:40])
def test_example_of_a_container_passes_as_a_complaint(row: Row) -> None:
    assert complaints_in([f'E1122 09:50:15.933921 1 a.cc:642] "{row.example}"'])


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.example[:40])
def test_cause_and_fix_are_whole_sentences_with_a_source(row: Row) -> None:
    failure = row.failure(row.example)
    assert failure is not None
    for text in (failure.cause, failure.fix):
        assert text == text.strip()
        assert "  " not in text
        assert "{" not in text
    assert failure.fix.endswith(".")
    assert row.source.startswith(("https://", "tritonserver 2.51", "the texts", "AWS documents"))


def test_only_what_follows_from_no_single_text_has_no_row() -> None:
    assert set(FailureKind) - {row.kind for row in TABLE} == {FailureKind.STARTUP_TIMEOUT}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.example[:40])
def test_named_keys_are_keys_of_the_spec(row: Row) -> None:
    for group, key in re.findall(r"\b(endpoint|instance_group)\.(\w+)", row.fix):
        assert key in MODELS[group].model_fields
    for key in ("model_warmup", "max_batch_size", "version_policy", "container", "inputs"):
        assert key in DeploySpec.model_fields
