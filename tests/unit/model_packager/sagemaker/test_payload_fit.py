"""The output of Inspect Model fits the state data of Step Functions."""

from __future__ import annotations

import pytest

from model_packager.rejection import SpecRejected
from tests.unit.model_packager.formats.triton_repository.repositories import (
    PYTHON_CONFIG,
    archive,
    inspected,
    python_model,
)


def with_inputs(count: int) -> bytes:
    """Return a config of up to 97 KB. The state data contains its text and its signature."""
    names = (f"{number:0150}" for number in range(count))
    inputs = "".join(f'input{{name:"{each}"data_type:TYPE_FP32 dims:1}}\n' for each in names)
    return archive({"m": python_model(PYTHON_CONFIG + inputs)})


def test_signature_and_config_that_fit() -> None:
    assert len(inspected(with_inputs(300)).signature.inputs) == 301


def test_signature_and_config_too_large_for_a_state() -> None:
    with pytest.raises(SpecRejected, match="because Step Functions limits the output of a state"):
        inspected(with_inputs(500))
