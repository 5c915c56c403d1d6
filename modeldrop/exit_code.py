"""The exit codes of every command, for scripts."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0, or the reason for the failure."""

    DONE = 0
    FAILED = 1
    USAGE_ERROR = 2
    INTERRUPTED = 130
    TERMINATED = 143


MEANING = {
    ExitCode.DONE: "The command succeeded, and what it checked is healthy.",
    ExitCode.FAILED: "The command ran and failed: the deployment FAILED, a request failed, AWS "
    "refused, orphans exist, or you answered no.",
    ExitCode.USAGE_ERROR: "The command did not run: a wrong option or file, a model that the "
    "pipeline would reject, no such model or stack, no credentials or Region. Fix it and repeat.",
    ExitCode.INTERRUPTED: "Ctrl-C. The message says what continues on AWS and how to resume.",
    ExitCode.TERMINATED: "SIGTERM. Otherwise the same as Ctrl-C.",
}
