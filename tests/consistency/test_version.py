"""The version is the same everywhere, follows Semantic Versioning, and is in CHANGELOG.md."""

import re
import tomllib
from importlib.metadata import version

from modeldrop.doctor.stack import VERSION_OUTPUT
from tests.consistency.asl import ROOT, TEMPLATE

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

# The only kinds of changes in Keep a Changelog 1.1.0.
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_version_is_semantic() -> None:
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?", VERSION)


def test_installed_command_is_of_this_version() -> None:
    assert version("modeldrop") == VERSION, "run: make setup"


def test_stack_has_this_version() -> None:
    """`modeldrop doctor` compares this output with its version."""
    assert TEMPLATE["Outputs"][VERSION_OUTPUT]["Value"] == VERSION


def test_changelog_begins_with_what_is_unreleased_and_then_this_version() -> None:
    chapters = re.findall(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$", CHANGELOG, re.M)
    assert chapters[0] == ("Unreleased", "")
    assert chapters[1][0] == VERSION
    dates = [date for _, date in chapters[1:]]
    assert all(dates)
    assert dates == sorted(dates, reverse=True)


def test_changelog_has_the_known_kinds() -> None:
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.M)) <= KINDS
