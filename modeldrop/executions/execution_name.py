"""The names of executions that people start: what the list in the console shows of them.

EventBridge names those that its rules start, and takes no name for them (StartExecution has one,
and the target of a rule has no field for it: PutTargets API reference).
"""

from datetime import UTC, datetime

LIMIT = 80
"""Characters of an execution's name (StartExecution API reference)."""


def execution_name(model: str, purpose: str, now: datetime) -> str:
    """Name an execution `<model>-<purpose>-<time>`; a long model name is cut.

    Args:
        model: whose execution it is; model names hold what execution names may.
        purpose: one word, such as "restore".
        now: to the microsecond, since no two executions may have one name.
    """
    ending = f"-{purpose}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ-%f}"
    return model[: LIMIT - len(ending)] + ending
