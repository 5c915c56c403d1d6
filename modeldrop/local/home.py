"""The home of an embedded cloud: which folder may be a home, and which processes belong to it.

A file in the folder names the folder and holds a random identity. Every process of the cloud has
both in an environment variable. So a copy of the folder belongs to no cloud, and neither does a
process without the variable, regardless of its HOME or its pid.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import secrets
import signal
import stat
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from modeldrop.errors import CommandError
from modeldrop.exit_code import ExitCode

MARKER = "MODELDROP_LOCAL_CLOUD"
"""The environment variable of every process of a cloud; its value is `Home.marker`."""

LOCK = "lock"
_FILE = "home.json"
_LOGS = "logs"  # a folder with this subfolder may become a home
_PROCESSES = Path("/proc")


class HomeRefused(CommandError):
    """The folder cannot be the home of a cloud, or belongs to another cloud."""

    exit_code = ExitCode.USAGE_ERROR


class Home(BaseModel):
    """A cloud's folder; also the schema of ``home.json`` in it.

    Attributes:
        folder: the absolute path, without symbolic links.
        identity: a random text that no other home has.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    identity: str

    @property
    def marker(self) -> str:
        """The value of `MARKER` in this cloud's processes."""
        return f"{self.identity}:{self.folder}"

    def environment(self) -> Mapping[str, str]:
        """Return the environment variable that marks a process as this cloud's."""
        return {MARKER: self.marker}

    def owns(self, pid: int) -> bool:
        """Return whether a process of this user has this cloud's marker; a zombie has none."""
        entry = _PROCESSES / str(pid)
        # The environment of another user's process, or of one that has just exited, is unreadable.
        with contextlib.suppress(OSError):
            if entry.stat().st_uid == os.geteuid():
                variables = (entry / "environ").read_bytes().split(b"\0")
                return os.fsencode(f"{MARKER}={self.marker}") in variables
        return False

    def processes(self) -> list[int]:
        """Return the processes of this cloud, except this one and zombies."""
        pids = [int(entry.name) for entry in _PROCESSES.iterdir() if entry.name.isdigit()]
        return [pid for pid in pids if pid != os.getpid() and self.owns(pid)]

    def kill(self, pid: int) -> None:
        """Send SIGKILL to a process, if it belongs to this cloud."""
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:  # the file descriptor still refers to this process if another one gets its pid
            if self.owns(pid):
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
        finally:
            os.close(handle)


def find(folder: Path) -> Home | None:
    """Return the home in this folder; None if the folder is missing or not a home.

    Raises:
        HomeRefused: the home file belongs to another folder or another user.
    """
    file = folder / _FILE
    text = read_private(file)
    if text is None:
        return None
    try:
        home = Home.model_validate_json(text)
    except ValidationError as error:
        raise HomeRefused(
            f"{file} is damaged, or another version of modeldrop wrote it.",
            f"Stop that cloud's processes, then delete {folder}.",
        ) from error
    if home.folder != folder:
        raise copied_home_error(folder, home.folder)
    return home


def read_private(file: Path) -> str | None:
    """Read a file that `write_private` wrote; None if it is missing.

    If the path is not a regular file, such as a pipe, the result is an empty text.

    Raises:
        HomeRefused: the file belongs to another user.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise _of_another_user(file.parent) from error
    except OSError as error:
        if error.errno == errno.ELOOP:  # O_NOFOLLOW: the file is a symbolic link
            return ""
        raise
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid():
            raise _of_another_user(file.parent)
        if not stat.S_ISREG(status.st_mode):
            return ""
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read().decode(errors="replace")
    finally:
        os.close(descriptor)


def resolve(folder: Path) -> Path:
    """Return the absolute path without symbolic links.

    Raises:
        HomeRefused: the links form a loop, or a name is too long.
    """
    try:
        return folder.resolve()
    except (OSError, RuntimeError) as error:  # Python 3.11 and 3.12 raise RuntimeError for a loop
        raise HomeRefused(
            f"{folder} cannot be a folder: {error}.", "Choose another --home."
        ) from error


def claim(folder: Path) -> Home:
    """Make the folder a home, if it is not one yet; only this user can enter it afterwards.

    Args:
        folder: an absolute path without symbolic links; created if missing.

    Raises:
        HomeRefused: the folder is /, contains the user's home directory, belongs to another user,
            or has other files.
    """
    _refuse_personal(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise HomeRefused(f"{folder} is not a folder.", "Choose another --home.") from error
    if folder.stat().st_uid != os.geteuid():
        raise _of_another_user(folder)
    found = find(folder) or _claim_new(folder)
    folder.chmod(0o700)
    return found


def _claim_new(folder: Path) -> Home:
    """Give the folder an identity, unless another command does so at the same time."""
    names = {entry.name for entry in folder.iterdir()}
    other = sorted(name for name in names - {LOCK, _LOGS} if not name.startswith(_FILE))
    found = find(folder)  # another command may have made it a home meanwhile
    if found is not None:
        return found
    if other:
        raise HomeRefused(
            f"{folder} contains other files, such as {other[0]}, so it is not a folder of the "
            "local cloud.",
            "Choose an empty or new folder for --home.",
        )
    new = Home(folder=folder, identity=secrets.token_hex(16))
    draft = _draft(folder / _FILE, new.model_dump_json() + "\n")
    try:
        os.link(draft, folder / _FILE)  # only the first command gets the name
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        draft.replace(folder / _FILE)
    draft.unlink(missing_ok=True)
    return find(folder) or new


def write_private(file: Path, text: str) -> None:
    """Write a file that only this user can read, replacing an existing one."""
    _draft(file, text).replace(file)


def _draft(file: Path, text: str) -> Path:
    """Write a new file next to this one that only this user can read."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(text)
    except OSError:  # the disk is full
        draft.unlink(missing_ok=True)
        raise
    return draft


def copied_home_error(folder: Path, original: Path) -> HomeRefused:
    """Return the error for a folder that is a copy of another home."""
    return HomeRefused(
        f"{folder} is a copy of the local cloud's folder {original}. Nothing was stopped or "
        f"removed.",
        f"Delete {folder}, or pass --home {original}.",
    )


def _refuse_personal(folder: Path) -> None:
    own = {Path(os.path.expanduser("~")), Path(pwd.getpwuid(os.geteuid()).pw_dir)}  # noqa: PTH111
    for each in own:
        if each.resolve().is_relative_to(folder):
            raise HomeRefused(
                f"{folder} is or contains your home directory. The local cloud removes files of "
                "its folder when it stops.",
                "Choose an empty or new folder for --home.",
            )


def _of_another_user(folder: Path) -> HomeRefused:
    return HomeRefused(f"{folder} belongs to another user.", "Choose another folder for --home.")
