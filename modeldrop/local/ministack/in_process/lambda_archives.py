"""Unpacks each archive of a function or layer once for all processes.

On AWS, an environment has the unpacked code and layers in read-only folders (/var/task and /opt).
MiniStack unpacks both for each process that it starts, and removes them when the process ends. This
takes more time than all requests together. MiniStack imports this module.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import threading
import zipfile
from pathlib import Path

_lock = threading.Lock()


def unpacked(archive: bytes) -> str:
    """Return the folder with the files of a zip archive. The same bytes have the same folder.

    `zipfile` removes the parts of a path that would leave the folder.

    Raises:
        zipfile.BadZipFile: the archive is damaged.
    """
    name = hashlib.sha256(archive).hexdigest()[:32]
    folder = Path(tempfile.gettempdir()) / f"unpacked-{name}"
    with _lock:
        if not folder.is_dir():
            _unpack(archive, folder)
    return str(folder)


def _unpack(archive: bytes, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        files = Path(unfinished) / "files"
        files.mkdir()
        with zipfile.ZipFile(io.BytesIO(archive)) as source:
            source.extractall(files)
        files.rename(folder)
