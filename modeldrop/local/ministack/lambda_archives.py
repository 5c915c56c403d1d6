"""Unpacks archives of functions and layers once for all processes.

On AWS, code and layers lie unpacked and read-only in an environment (/var/task and /opt). MiniStack
unpacks both for each process that it starts, and removes them when it ends the process, which takes
more of its time than all requests together. MiniStack imports this module.
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
    """Return the folder with the files of a zip archive, the same one for the same bytes.

    `zipfile` leaves out the parts of a path that lead out of the folder.

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
