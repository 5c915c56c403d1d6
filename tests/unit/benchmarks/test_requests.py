from __future__ import annotations

import pytest

from benchmarks.requests import measure


@pytest.mark.slow
def test_binary_is_smaller_than_json() -> None:
    rows = {(each["operation"], each["format"]): each for each in measure(repeats=1)}
    assert list(rows) == [
        ("build", "binary"),
        ("build", "json"),
        ("parse", "binary"),
        ("parse", "json"),
    ]
    for operation in ("build", "parse"):
        binary, json = rows[operation, "binary"], rows[operation, "json"]
        assert binary["bytes"] <= 602_400 < 4 * 602_400 < json["bytes"]
        assert binary["ratio to binary"] == 1
        assert 0 < binary["ms min"] <= binary["ms median"] <= binary["ms max"]
