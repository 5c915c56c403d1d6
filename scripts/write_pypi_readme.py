"""Make the links of README.md absolute, because PyPI does not resolve relative links and pictures.

    python scripts/write_pypi_readme.py https://github.com/OWNER/REPOSITORY v0.2.0

The release workflow runs it before the build, because only GitHub knows the repository's address.
It needs only Python.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"

_LINK = re.compile(r"(!?)\[((?:!\[[^\]]*\]\([^)\s]+\)|[^\]])*)\]\(([^)\s]+)\)")


def with_absolute_links(text: str, repository: str, tag: str) -> str:
    """Return Markdown text whose links and pictures point to a tag.

    Args:
        text: the Markdown text of a file in the repository's root folder.
        repository: the URL of the repository, without a slash at the end.
        tag: the tag of the release, such as "v0.2.0".
    """

    def absolute(match: re.Match[str]) -> str:
        picture, label, target = match.groups()
        label = _LINK.sub(absolute, label)
        if re.match(r"[a-z]+:|#", target):
            return f"{picture}[{label}]({target})"
        if target.startswith("../../"):  # relative to <repository>/blob/<branch>
            return f"{picture}[{label}]({repository}/{target.removeprefix('../../')})"
        kind = "raw" if picture else "blob"
        return f"{picture}[{label}]({repository}/{kind}/{tag}/{target})"

    return _LINK.sub(absolute, text)


def main() -> None:
    """Rewrite README.md for the repository and the tag on the command line."""
    if len(sys.argv) != 3:
        sys.exit("Usage: python scripts/write_pypi_readme.py REPOSITORY TAG")
    text = README.read_text(encoding="utf-8")
    README.write_text(with_absolute_links(text, sys.argv[1], sys.argv[2]), encoding="utf-8")


if __name__ == "__main__":
    main()
