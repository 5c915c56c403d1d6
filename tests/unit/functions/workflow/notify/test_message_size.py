from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.notify.message_size import CONTENT_LIMIT, fitted


def small(**content: Any) -> dict[str, Any]:
    return fitted({"status": "FAILED", "shortened": []} | content, json.dumps)


def test_what_fits_stays_as_it_is() -> None:
    content = {"status": "FAILED", "cause": "x" * 8000, "shortened": []}
    assert fitted(content, json.dumps) == content


def test_long_string_is_cut_wherever_it_is() -> None:
    found = small(cause="x" * 9000, recovered_errors=[{"cause": "y" * 9000}])
    assert found["cause"] == "x" * 8000 + "..."
    assert found["recovered_errors"] == [{"cause": "y" * 8000 + "..."}]
    assert found["shortened"] == ["cause", "recovered_errors"]


def test_many_long_strings_are_cut_shorter() -> None:
    found = small(recovered_errors=["x" * 9000] * 20)
    assert found["recovered_errors"] == ["x" * 1100 + "..."] * 20


def test_largest_values_are_left_out_where_cutting_is_not_enough() -> None:
    found = small(
        signature={"inputs": ["INPUT"] * 20_000}, removed=["version"] * 9_000, warnings=["w"]
    )
    assert (found["signature"], found["removed"], found["warnings"]) == (None, [], ["w"])
    assert found["shortened"] == ["signature", "removed"]


values = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=50).map(lambda text: text * 400)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: items * 50),
        st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ),
    max_leaves=4,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["cause", "fix", "removed", "smoke"]), values))
def test_anything_fits(content: dict[str, Any]) -> None:
    found = small(**content)
    assert len(json.dumps(found)) <= CONTENT_LIMIT
    assert found.keys() == {"status", "shortened"} | content.keys()
    assert set(found["shortened"]) == {key for key in content if found[key] != content[key]}
