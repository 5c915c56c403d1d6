"""The text form of an error with a cause and a fix, which crosses the state machine.

Lambda returns the text of an exception as `errorMessage` in JSON (Lambda developer guide, "Function
errors"), and Step Functions hands that JSON on as the cause.
"""

import json

_FIX = "\nFix: "


def joined(cause: str, fix: str) -> str:
    """Write cause and fix as one text."""
    return f"{cause}{_FIX}{fix}"


def split(text: str) -> tuple[str, str]:
    """Read cause and fix back; the fix is empty if the text has none."""
    cause, _, fix = text.partition(_FIX)
    return cause, fix


def message_of(cause: str) -> str:
    """Return the message in the JSON of a Lambda error; any other text is returned unchanged."""
    try:
        document = json.loads(cause)
    except json.JSONDecodeError:
        return cause
    return str(document.get("errorMessage", cause)) if isinstance(document, dict) else cause
