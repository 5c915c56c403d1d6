"""The output of `modeldrop local inbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model_packager.duration import duration_text
from modeldrop.command.terminal.screen import console

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modeldrop.local.inbox import Received


def document(received: Sequence[Received]) -> list[dict[str, Any]]:
    """Return the notifications as JSON data: subject and text for people, and the JSON."""
    return [
        {
            "at": each.at.isoformat(),
            "model": each.model,
            "subject": each.published.subject,
            "text": each.published.words,
            "content": each.published.content,
        }
        for each in received
    ]


def show_list(received: Sequence[Received], now: datetime, command: str) -> None:
    """Print a line for each notification, newest first.

    Args:
        received: the notifications, newest first.
        now: the current time.
        command: the command that lists these notifications, for the advice to read one.
    """
    if not received:
        console.print("No notifications yet.")
        return
    console.print_rows(
        (str(number), f"{each.published.subject} ({duration_text(now - each.at)} ago)")
        for number, each in enumerate(received, 1)
    )
    console.print(f"\nTo read one: {command} --show 1")


def show_text(received: Received) -> None:
    """Print a notification as its email."""
    console.print(f"Subject: {received.published.subject}\n", soft_wrap=True)
    console.print(received.published.words, soft_wrap=True)
