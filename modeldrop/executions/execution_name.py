"""Names of the executions that commands start, as the console lists them.

EventBridge names the executions of its rules itself: the target of a rule has no field for a name
(PutTargets API reference).
"""

from datetime import UTC, datetime

from model_packager.aws_limits import EXECUTION_NAME


def execution_name(model: str, purpose: str, now: datetime) -> str:
    """Return `<model>-<purpose>-<time>`, with the model name truncated.

    Args:
        model: its name has only characters that are valid here.
        purpose: one word, such as "restore".
        now: with microseconds, because names are unique.
    """
    ending = f"-{purpose}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ-%f}"
    return model[: EXECUTION_NAME.value - len(ending)] + ending
