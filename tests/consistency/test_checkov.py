"""The checkov checks that this project skips are the same in configuration, template and page."""

from __future__ import annotations

import re

import yaml

from tests.consistency.asl import RESOURCES, ROOT

CONFIG = yaml.safe_load((ROOT / ".checkov.yaml").read_text())
PAGE = (ROOT / "docs" / "security.md").read_text().partition("## Checkov")[2]
SECTION = PAGE.partition("\n## ")[0]
ROWS = re.findall(r"^\| `(CKV\w+)`[^|]*\| ([^|]+) \| ([^|]+) \|$", SECTION, flags=re.MULTILINE)


def skipped_by_the_template() -> dict[str, list[str]]:
    """Return the reasons for skipping, by check."""
    found: dict[str, list[str]] = {}
    for resource in RESOURCES.values():
        for each in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            found.setdefault(each["id"], []).append(each["comment"])
    return found


def test_every_skipped_check_has_its_reason_on_the_page() -> None:
    listed = [check for check, _resources, _reason in ROWS]
    assert sorted(listed) == sorted([*CONFIG["skip-check"], *skipped_by_the_template()])
    assert all(len(reason.split()) > 5 for _check, _resources, reason in ROWS)


def test_only_checks_of_all_functions_are_skipped_everywhere() -> None:
    everywhere = {check for check, resources, _reason in ROWS if resources == "all functions"}
    assert everywhere == set(CONFIG["skip-check"])


def test_checks_of_one_resource_are_skipped_there() -> None:
    for check, reasons in skipped_by_the_template().items():
        assert len(reasons) == 1, check
        assert reasons[0]
