"""The text of an SMS: one message's worth, in the letters that telephones have. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.notify.plain_text import cut, one_line

if TYPE_CHECKING:
    from workflow.notify.message import Letter

SMS_LIMIT = 125
"""Characters. An SMS has 140 of ASCII (SNS Publish API reference), and SNS puts the topic's display
name, "Modeldrop", and "> " in front."""

_NOT_IN_GSM = str.maketrans("`[]{}\\^~|", "'()()/---")
"""Of printable ASCII, these are missing in GSM 03.38's basic table, or take two places (3GPP TS
23.038, 6.2.1)."""


def sms(letter: Letter) -> str:
    """Write the headline and the brief; what does not fit is cut."""
    said = one_line(f"{letter.status}: {letter.headline}: {letter.brief}")
    return cut(said.encode("ascii", "replace").decode().translate(_NOT_IN_GSM), SMS_LIMIT)
