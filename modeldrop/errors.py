"""The errors that end a command. Each has an exit code and one message; none shows a traceback.

    CommandError                exit code 1
    ├── UsageError              2: wrong option, file or name; no such model, stack or region
    ├── ToolMissing             2: a tool of the local cloud is not installed
    ├── CloudConflict           2: the local cloud runs with other settings
    │   └── StateUnreadable     2: cloud.json is damaged, or another version wrote it
    ├── HomeRefused             2: the folder cannot be a local cloud's, or is another one's
    ├── AwsError                AWS refused, or is unreachable
    ├── DeploymentFailed        a deployment ended without success (Python API)
    ├── UploadInterrupted       the network or S3 failed during an upload
    ├── InvocationFailed        the endpoint refused a request, or did not answer
    ├── BenchFailed             a request of the load test failed
    ├── CandidateFailed         a model cannot be served with the settings of a candidate
    ├── OutputFailed            stdout cannot be written
    ├── ProcessFailed           a server of the local cloud did not start
    └── StackFailed             `sam` could not deploy the stack to the local cloud

The modules that raise them define them. `modeldrop.command.main` handles the base class, and the
errors that others define: `Rejection` (model_packager), and `ClientError` and `BotoCoreError`
(botocore), which `modeldrop.aws_errors` translates.
"""

from typing import ClassVar

from modeldrop.exit_code import ExitCode


class CommandError(Exception):
    """The command failed; the message says why and what to do.

    Attributes:
        cause: what happened.
        fix: what to do; empty where the cause says it.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, cause: str, fix: str = "") -> None:
        super().__init__(f"{cause} {fix}".strip())
        self.cause = cause
        self.fix = fix


class UsageError(CommandError):
    """The command cannot do what the user requested; the message says why and what to do."""

    exit_code = ExitCode.USAGE_ERROR
