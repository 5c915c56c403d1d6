"""How every command ends, for scripts."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0, or why not."""

    DONE = 0
    FAILED = 1
    MISTAKE = 2
    INTERRUPTED = 130
    TERMINATED = 143


MEANING = {
    ExitCode.DONE: "It was done, and what was asked about is well.",
    ExitCode.FAILED: "It was tried, and did not go well: a deployment FAILED, a request went "
    "wrong, AWS refused, orphans are there, or you said no.",
    ExitCode.MISTAKE: "It could not be tried: a wrong option or file, a model that would be "
    "refused, no such model or stack, no credentials or region. Correct it and repeat.",
    ExitCode.INTERRUPTED: "Ctrl-C. What AWS does meanwhile goes on.",
    ExitCode.TERMINATED: "SIGTERM: what was started here was stopped on the way out.",
}
