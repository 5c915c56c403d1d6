"""What a notification looks like on paper: the golden files of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from workflow.notify.chat import chat_message
from workflow.notify.email import mail, subject
from workflow.notify.message import attributes
from workflow.notify.sms import sms

if TYPE_CHECKING:
    from pathlib import Path

    from workflow.contracts.base import Contract
    from workflow.notify.message import Letter


def papers(name: str, letter: Letter, content: Contract) -> dict[str, str]:
    """All that is sent, by the name of its golden file: to everybody, and to the chat."""
    filters = ", ".join(f"{key}={value}" for key, value in attributes(letter).items())
    head = f"Subject: {subject(letter)}\nSMS: {sms(letter)}\nAttributes: {filters}"
    chat = json.dumps(json.loads(chat_message(letter)), indent=2, ensure_ascii=False)
    return {
        f"{name}.txt": f"{head}\n\n{mail(letter, content)}\n",
        f"{name}.chat.json": f"{chat}\n",
    }


def write(folder: Path, files: dict[str, str]) -> None:
    """Write the golden files anew; those of what is no more go."""
    for old in folder.iterdir():
        old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
