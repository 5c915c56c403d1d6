"""Progress of an upload: bytes, speed, time left."""

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

    from modeldrop.dropping.drop import Drop
    from modeldrop.dropping.resumable_upload import Sent


@contextmanager
def upload_progress(drop: Drop) -> Iterator[Sent]:
    """Show a progress bar on a terminal; other outputs get one line at the end."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bar:
        task = bar.add_task(f"Uploading {drop.key}", total=drop.size)
        yield lambda count: bar.advance(task, count)
    console.print(f"Uploaded {drop.key} ({decimal(drop.size)})")
