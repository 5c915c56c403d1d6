"""Renders the text of a single SMS, in the GSM character set. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.notify.plain_text import one_line, truncate

if TYPE_CHECKING:
    from workflow.notify.message import Message

SMS_LIMIT = 125
"""Characters. An SMS has 140 ASCII characters (SNS Publish API reference), and SNS prepends the
topic's display name, "Modeldrop", and "> "."""

_NOT_IN_GSM = str.maketrans("`[]{}\\^~|", "'()()/---")
"""Printable ASCII characters that GSM 03.38's basic table lacks, or encodes as two (3GPP TS 23.038,
6.2.1)."""


def sms_text(message: Message) -> str:
    """Render the headline and the summary, truncated to the limit."""
    parts = filter(None, (message.status, message.headline, message.summary))
    text = one_line(": ".join(parts))
    return truncate(text.encode("ascii", "replace").decode().translate(_NOT_IN_GSM), SMS_LIMIT)
