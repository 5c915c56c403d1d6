"""The errors that end a command. Each has an exit code and one message; none shows a traceback.

    CommandError                exit code 1
    ├── UsageError              2: wrong option, file or name; no such model, stack or Region
    ├── ToolMissing             2: a tool of the local cloud is not installed
    ├── CloudConflict           2: the local cloud runs with other settings
    │   └── StateUnreadable     2: cloud.json is damaged, or another version wrote it
    ├── HomeRefused             2: the folder cannot be a local cloud's, or is another one's
    ├── AwsError                AWS refused, or is unreachable
    ├── DeploymentFailed        a deployment ended without success (Python API)
    ├── UploadInterrupted       the network or S3 failed during an upload
    ├── NotStarted              an upload started no execution
    ├── InvocationFailed        the endpoint refused a request, or did not answer
    │   └── NotInService        the endpoint does not exist, or is not in service
    ├── BenchFailed             a request of the load test failed
    ├── CandidateFailed         a model cannot be served with the settings of a candidate
    ├── NotRun                  a model could not be run on this computer
    ├── NoPrices                the AWS Price List has no prices for the Region
    ├── NotConfirmed            the answer to a question was no, or there was none
    ├── OutputFailed            stdout cannot be written
    ├── ProcessFailed           a server of the local cloud did not start
    └── StackFailed             `sam` could not deploy the stack to the local cloud

The modules that raise them define them. `modeldrop.command.app` handles the base class, and the
errors that others define: `Rejection` (model_packager), and `ClientError` and `BotoCoreError`
(botocore), which `modeldrop.aws_errors` translates.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from modeldrop.exit_code import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class CommandError(Exception):
    """The command failed; the message says why and what to do.

    Attributes:
        cause: what happened.
        fix: what to do; empty if the cause says it.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, cause: str, fix: str = "", *, command: Sequence[str] = ()) -> None:
        """Store cause and fix.

        Args:
            cause: what happened.
            fix: what to do; empty if the cause says it.
            command: the words of a `modeldrop` command that ends the fix.
        """
        super().__init__(cause)
        self.cause = cause
        self.stack_options: Sequence[str] = ()  # of the failed command, for the command in the fix
        self._fix = fix
        self._command = command

    @property
    def fix(self) -> str:
        """What to do; empty if the cause says it."""
        words = ("modeldrop", *self._command, *self.stack_options) if self._command else ()
        return f"{self._fix} {shlex.join(words)}".strip()

    def __str__(self) -> str:
        """Return cause and fix."""
        return f"{self.cause} {self.fix}".strip()


class UsageError(CommandError):
    """The command cannot do what the user requested; the message says why and what to do."""

    exit_code = ExitCode.USAGE_ERROR


def require_file(file: Path) -> None:
    """Check that a file that the user named exists.

    Raises:
        UsageError: the check failed.
    """
    if not file.is_file():
        raise UsageError(f"No such file: {file}")


def require_suffix(file: Path | str, supported: Sequence[str]) -> None:
    """Check that the name of an input ends in a supported suffix, such as ".npz".

    Raises:
        UsageError: the check failed.
    """
    if not str(file).lower().endswith(tuple(supported)):
        raise UsageError(f"Unsupported input {file}. Supported: {', '.join(supported)}.")
