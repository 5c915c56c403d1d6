"""Renders and writes the golden files of notifications."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from workflow.notify.chat import chat_message
from workflow.notify.email import email_text, subject
from workflow.notify.message import attributes
from workflow.notify.message_size import bounded_content
from workflow.notify.sms import sms_text

if TYPE_CHECKING:
    from pathlib import Path

    from workflow.contracts.base import Contract
    from workflow.notify.message import Message


def golden_files(name: str, message: Message, content: Contract) -> dict[str, str]:
    """Render all texts of a notification, by the name of the golden file."""
    filters = ", ".join(f"{key}={value}" for key, value in attributes(message).items())
    head = f"Subject: {subject(message)}\nSMS: {sms_text(message)}\nAttributes: {filters}"
    chat = json.dumps(json.loads(chat_message(message)), indent=2, ensure_ascii=False)
    data = json.dumps(bounded_content(content), indent=2)
    return {
        f"{name}.txt": f"{head}\n\n{email_text(message)}\n\n{data}\n",
        f"{name}.chat.json": f"{chat}\n",
    }


def write(folder: Path, files: dict[str, str]) -> None:
    """Replace all golden files."""
    for old in folder.iterdir():
        old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
