"""The progress of an upload: bytes, speed and remaining time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from modeldrop.command.terminal.screen import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modeldrop.dropping.resumable_upload import Sent


@contextmanager
def upload_progress(key: str, size: int) -> Iterator[Sent]:
    """Show a progress bar on a terminal; other outputs get one line at the end.

    Args:
        key: the key of the object or the folder.
        size: the number of bytes to upload.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bar:
        task = bar.add_task(f"Uploading {key}", total=size)
        yield lambda count: bar.advance(task, count)
    console.print(f"Uploaded {key} ({decimal(size)})")
