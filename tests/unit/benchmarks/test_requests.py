from __future__ import annotations

from benchmarks.requests import measure


def test_binary_is_smaller_and_each_row_is_told() -> None:
    rows = {(each["what"], each["format"]): each for each in measure(repeats=1)}
    assert list(rows) == [
        ("build", "binary"),
        ("build", "json"),
        ("parse", "binary"),
        ("parse", "json"),
    ]
    for what in ("build", "parse"):
        binary, json = rows[what, "binary"], rows[what, "json"]
        assert binary["bytes"] <= 602_400 < 4 * 602_400 < json["bytes"]
        assert binary["times binary"] == 1
        assert 0 < binary["ms min"] <= binary["ms median"] <= binary["ms max"]
