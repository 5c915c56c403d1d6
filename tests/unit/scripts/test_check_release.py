"""The tag, version and changelog of a release."""

import pytest

from scripts.check_release import release_problems

PYPROJECT = '[project]\nversion = "0.2.0"\n'
CHANGELOG = "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- Something.\n"


def test_no_problem_if_all_agree() -> None:
    assert release_problems("v0.2.0", PYPROJECT, CHANGELOG) == []


@pytest.mark.parametrize(
    ("tag", "changelog", "problem"),
    [
        ("v0.3.0", CHANGELOG, "The tag is v0.3.0, but pyproject.toml has version 0.2.0."),
        ("0.2.0", CHANGELOG, "The tag is 0.2.0, but pyproject.toml has version 0.2.0."),
        (
            "v0.2.0",
            CHANGELOG.replace(" - 2026-12-01", ""),
            "CHANGELOG.md has no section [0.2.0] with a date.",
        ),
        (
            "v0.2.0",
            CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n### Added\n\n- More.\n"),
            "CHANGELOG.md still has entries under Unreleased. Move them to [0.2.0].",
        ),
    ],
)
def test_what_does_not_agree_is_named(tag: str, changelog: str, problem: str) -> None:
    assert release_problems(tag, PYPROJECT, changelog) == [problem]
