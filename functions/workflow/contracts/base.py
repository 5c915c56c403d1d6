"""What the contracts of all state machines share."""

from typing import Any

from model_packager.stored import FrozenModel


class Contract(FrozenModel):
    """The input or output of a state, or a part of one."""


class PublishedNotification(Contract):
    """A notification: `subject`, `message` (text) and `content` (JSON).

    The states that publish one return it: `modeldrop` reads it from the execution history, without
    a subscription.
    """

    subject: str
    message: str
    content: dict[str, Any]
