from __future__ import annotations

import pytest

from modeldrop.local.ministack.in_process.state_data import DATA_LIMIT_EXCEEDED, error_of, matches

LARGEST = "x" * (262_144 - 2)
"""The longest text within the limit. JSON adds two quotes."""


@pytest.mark.parametrize("value", [LARGEST, "é" * (len(LARGEST) // 2), {"a": LARGEST[:-6]}])
def test_data_of_exactly_the_limit_passes(value: object) -> None:
    assert error_of("Pass", value) is None


@pytest.mark.parametrize(
    "value", [LARGEST + "x", "é" * (len(LARGEST) // 2 + 1), {"a": LARGEST[:-5]}]
)
def test_data_above_the_limit_is_an_error_that_names_the_state(value: object) -> None:
    found = error_of("Inspect Model", value)
    assert found is not None
    error, cause = found
    assert error == DATA_LIMIT_EXCEEDED
    assert "'Inspect Model'" in cause
    assert "size exceeding the maximum number of bytes service limit" in cause


@pytest.mark.parametrize(
    ("error_equals", "error", "expected"),
    [
        (["States.ALL"], "ModelRejected", True),
        (["States.TaskFailed"], "ModelRejected", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["Throttled"], "ModelRejected", False),
        (["States.ALL"], DATA_LIMIT_EXCEEDED, False),
        (["States.TaskFailed"], DATA_LIMIT_EXCEEDED, False),
        (["States.ALL"], "States.Runtime", False),
    ],
)
def test_wildcards_do_not_match_terminal_errors(
    error_equals: list[str], error: str, expected: bool
) -> None:
    assert matches(error_equals, error) is expected
