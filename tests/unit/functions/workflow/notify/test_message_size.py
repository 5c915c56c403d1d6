from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.notify.message_size import CONTENT_LIMIT, fit


def small(**content: Any) -> dict[str, Any]:
    return fit({"status": "FAILED", "shortened": []} | content, json.dumps)


def test_small_content_is_unchanged() -> None:
    content = {"status": "FAILED", "cause": "x" * 8000, "shortened": []}
    assert fit(content, json.dumps) == content


def test_long_string_is_truncated_at_any_depth() -> None:
    result = small(cause="x" * 9000, recovered_errors=[{"cause": "y" * 9000}])
    assert result["cause"] == "x" * 8000 + "..."
    assert result["recovered_errors"] == [{"cause": "y" * 8000 + "..."}]
    assert result["shortened"] == ["cause", "recovered_errors"]


def test_many_long_strings_are_truncated_further() -> None:
    result = small(recovered_errors=["x" * 9000] * 20)
    assert result["recovered_errors"] == ["x" * 1100 + "..."] * 20


def test_largest_values_are_omitted_if_truncating_is_not_enough() -> None:
    result = small(
        signature={"inputs": ["INPUT"] * 20_000}, removed=["version"] * 9_000, warnings=["w"]
    )
    assert (result["signature"], result["removed"], result["warnings"]) == (None, [], ["w"])
    assert result["shortened"] == ["signature", "removed"]


values = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=50).map(lambda text: text * 400)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: items * 50),
        st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ),
    max_leaves=4,
)


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(["cause", "fix", "removed", "smoke"]), values))
def test_any_content_fits(content: dict[str, Any]) -> None:
    result = small(**content)
    assert len(json.dumps(result)) <= CONTENT_LIMIT
    assert result.keys() == {"status", "shortened"} | content.keys()
    assert set(result["shortened"]) == {key for key in content if result[key] != content[key]}
