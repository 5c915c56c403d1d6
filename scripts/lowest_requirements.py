"""Print the requirements that install the lowest allowed version of every dependency.

`make lowest` installs them into a separate environment and runs the unit tests there. Packages that
users install get the lower bound of their range in pyproject.toml. Packages that only `dev` needs
get their pin from requirements/venv.txt, because users do not install them.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
USERS_EXTRAS = ("export", "local")


def lowest_requirements(pyproject: str, pins: str) -> list[str]:
    """Convert the ranges of pyproject.toml to exact requirements, for example `boto3==1.44`.

    Raises:
        ValueError: a dependency that users install has no lower bound.
    """
    project = tomllib.loads(pyproject)["project"]
    extras = project["optional-dependencies"]
    for_users = [
        *project["dependencies"],
        *(line for extra in USERS_EXTRAS for line in extras[extra]),
    ]
    bounds = {_name(line): _lower_bound(line) for line in for_users if _name(line) != "modeldrop"}
    exact = dict(pin.split("==") for pin in pins.splitlines())
    pinned = {_name(name): version for name, version in exact.items()}
    requirements = [
        f"{line.partition('>=')[0]}=={bounds[_name(line)]}"
        for line in for_users
        if _name(line) in bounds
    ]
    for line in extras["dev"]:
        version = bounds.get(_name(line)) or pinned.get(_name(line))
        if _name(line) != "modeldrop":
            requirements.append(f"{line}=={version}" if version else line)
    return sorted(requirements, key=str.lower)


def _name(line: str) -> str:
    return re.split(r"[\[=<>~! ]", line)[0].lower().replace("_", "-")


def _lower_bound(line: str) -> str:
    found = re.search(r">=([\w.]+)", line)
    if found is None:
        raise ValueError(f"{line!r} in pyproject.toml has no lower bound. Write >=VERSION.")
    return found[1]


def main() -> None:
    """Print one requirement per line."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    print(
        "\n".join(lowest_requirements(pyproject, (ROOT / "requirements" / "venv.txt").read_text()))
    )


if __name__ == "__main__":
    main()
