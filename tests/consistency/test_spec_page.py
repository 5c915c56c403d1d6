"""docs/spec.md lists the keys that the code accepts."""

from collections.abc import Iterator
from typing import Any

import yaml

from scripts.write_spec_page import BEGIN, END, PAGE, page
from tests.unit.model_packager.spec.test_deploy_spec import EVERY_KEY

LISTED = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def test_page_is_current() -> None:
    assert PAGE.read_text() == page(PAGE.read_text()), "make pages"


def keys_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from keys_in(each)


def test_every_key_has_a_row() -> None:
    spec = yaml.safe_load(EVERY_KEY)
    named_by_users = {
        "team",
        "cost-center",
        "SAGEMAKER_TRITON_THREAD_COUNT",
        "OUTPUT__0",
        "OUTPUT__1",
    }
    for key in set(keys_in(spec)) - named_by_users:
        assert f"\n| `{key}` |" in LISTED, key


def test_rows_contain_limits_and_defaults() -> None:
    assert "| `size_percent` | whole number from 1 to 50 | `10` |" in LISTED
    strategies = "`all_at_once` `canary` `linear` `rolling` `shadow`"
    assert f"| `strategy` | {strategies} | `all_at_once` |" in LISTED
    assert "| `invocations_per_instance` | number above 0 | required |" in LISTED
    assert "| `std` | list of 3 numbers above 0 | `[0.229, 0.224, 0.225]` |" in LISTED
