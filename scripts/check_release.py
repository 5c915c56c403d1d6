"""Check that the tag of a release, the version in pyproject.toml and CHANGELOG.md agree.

    python scripts/check_release.py v0.2.0

It needs only Python, because the release workflow runs it before it installs anything.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def release_problems(tag: str, pyproject: str, changelog: str) -> list[str]:
    """Return a sentence for each problem that prevents the release; an empty list if all agree."""
    version = tomllib.loads(pyproject)["project"]["version"]
    problems = []
    if tag != f"v{version}":
        problems.append(f"The tag is {tag}, but pyproject.toml has version {version}.")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.M):
        problems.append(f"CHANGELOG.md has no section [{version}] with a date.")
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    if unreleased and unreleased[1].strip():
        problems.append(
            f"CHANGELOG.md still has entries under Unreleased. Move them to [{version}]."
        )
    return problems


def main() -> None:
    """Check the tag on the command line. Exit with 1 if something does not agree."""
    if len(sys.argv) != 2:
        sys.exit("Usage: python scripts/check_release.py TAG")
    pyproject = (ROOT / "pyproject.toml").read_text()
    problems = release_problems(sys.argv[1], pyproject, (ROOT / "CHANGELOG.md").read_text())
    if problems:
        sys.exit("\n".join(problems))
    print(f"{sys.argv[1]} agrees with pyproject.toml and CHANGELOG.md.")


if __name__ == "__main__":
    main()
