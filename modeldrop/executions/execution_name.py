"""The names of executions that commands start.

EventBridge chooses the names of the executions that rules start (PutTargets API reference).
"""

from datetime import UTC, datetime

from model_packager.aws_limits import EXECUTION_NAME


def execution_name(model: str, purpose: str, now: datetime) -> str:
    """Return `<model>-<purpose>-<time>`, with the model name truncated.

    Args:
        model: the model's name, which has only characters that are valid here.
        purpose: a word, such as "restore".
        now: the time, whose microseconds make the name unique.
    """
    ending = f"-{purpose}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ-%f}"
    return model[: EXECUTION_NAME.value - len(ending)] + ending
