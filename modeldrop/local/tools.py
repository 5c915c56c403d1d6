"""The locations and pinned versions of the embedded cloud's tools.

Each tool has its own virtual environment under ``.tools``: aws-sam-cli, ministack and boto3 pin
different versions of botocore, and nvidia-pytriton requires numpy<2, which its server binary does
not need. ``make setup`` installs them from ``requirements/``. MiniStack's Python imports this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modeldrop.errors import CommandError
from modeldrop.exit_code import ExitCode

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DEFAULT_HOME = PROJECT_ROOT / ".local"
"""The default home of the embedded cloud."""

MINISTACK_VERSION = "1.5.33"
SAM_VERSION = "1.170.0"
PYTRITON_VERSION = "0.7.0"


class ToolMissing(CommandError):
    """A tool of the embedded cloud is not installed in its pinned version."""

    exit_code = ExitCode.USAGE_ERROR


def require_checkout() -> None:
    """Require the template and the functions, which the deployment needs.

    Raises:
        ToolMissing: the command was installed without them, for example by `pipx install`.
    """
    if not (PROJECT_ROOT / "functions").is_dir():
        raise ToolMissing(
            "The embedded cloud deploys the template and functions of a Modeldrop checkout, and "
            "this command is installed without them.",
            "Run `make setup` in a checkout and use its .venv/bin/modeldrop.",
        )


@dataclass(frozen=True)
class Tool:
    """A pinned tool: its distribution, version and installation folder."""

    distribution: str
    version: str
    folder: Path
    entry: Path

    def require(self) -> Path:
        """Return the path of the tool's entry point.

        Raises:
            ToolMissing: it is not installed in its pinned version.
        """
        require_checkout()
        if not self.entry.exists():
            raise ToolMissing(
                f"{self.distribution} {self.version} is not installed: {self.entry} is missing.",
                f"Run `make setup` in {PROJECT_ROOT}.",
            )
        installed = self._installed_version()
        if installed != self.version:
            raise ToolMissing(
                f"{self.distribution} {self.version} is required, but {self.folder} contains "
                f"{installed or 'no such package'}.",
                f"Run `make setup` in {PROJECT_ROOT}.",
            )
        return self.entry

    def _installed_version(self) -> str | None:
        name = self.distribution.replace("-", "_")
        for metadata in self.folder.glob(f"**/{name}-*.dist-info"):
            return metadata.name.removeprefix(f"{name}-").removesuffix(".dist-info")
        return None


def _in_tools(name: str) -> Path:
    return PROJECT_ROOT / ".tools" / name


def ministack() -> Tool:
    """Return MiniStack, the AWS emulator.

    Its entry point is the Python that it is installed for.
    """
    folder = _in_tools("ministack")
    return Tool("ministack", MINISTACK_VERSION, folder, folder / "bin" / "python")


def sam() -> Tool:
    """Return the AWS SAM CLI."""
    folder = _in_tools("sam")
    return Tool("aws-sam-cli", SAM_VERSION, folder, folder / "bin" / "sam")


def triton() -> Tool:
    """Return the wheel with the real ``tritonserver``. Its entry point is its folder."""
    folder = _in_tools("triton")
    return Tool("nvidia-pytriton", PYTRITON_VERSION, folder, folder)
