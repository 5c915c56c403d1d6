"""The folders that may be a cloud's home, and the processes that its commands may end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from modeldrop.local import cleanup, cloud, cloud_state, home, stack_deployment
from modeldrop.local.access.credentials import random_credentials
from modeldrop.local.cloud_state import CloudConflict, EmbeddedCloud
from modeldrop.local.home import Home, HomeRefused
from modeldrop.local.process import ProcessIdentity, _started
from tests.waiting import eventually, is_alive

Start = Callable[[Mapping[str, str]], int]


@pytest.fixture
def start() -> Iterator[Start]:
    """A function that starts processes with an environment. The test ends the remaining ones."""
    started: list[subprocess.Popen[bytes]] = []

    def start(environment: Mapping[str, str]) -> int:
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        started.append(subprocess.Popen(command, env=dict(environment), start_new_session=True))
        environ = Path(f"/proc/{started[-1].pid}/environ")
        # The environment is empty until exec is complete.
        assert not environment or eventually(lambda: bool(environ.read_bytes()))
        return started[-1].pid

    yield start
    for each in started:
        each.kill()
        each.wait()


def state(folder: Path, pid: int) -> EmbeddedCloud:
    """Return the content of a cloud.json with a process and a folder."""
    identity = ProcessIdentity(pid=pid, started=_started(pid) or "")
    return EmbeddedCloud(
        home=folder,
        started=datetime.now(UTC),
        aws_url="http://127.0.0.1:9",
        sagemaker_url="http://127.0.0.1:9",
        ministack=identity,
        sagemaker=identity,
        settings=cloud_state.Settings(),
        owner=random_credentials(),
    )


def test_marked_processes_end(tmp_path: Path, start: Start) -> None:
    own = home.claim(tmp_path / "a")
    pid = start(own.environment())
    assert own.processes() == [pid]

    cleanup.remove_leftovers(own)

    assert eventually(lambda: not is_alive(pid))


def test_processes_whose_home_is_the_folder_keep_running(tmp_path: Path, start: Start) -> None:
    own = home.claim(tmp_path / "a")
    below = own.folder / "below"
    pids = [start({"HOME": str(own.folder)}), start({"HOME": str(below)})]

    cleanup.remove_leftovers(own)

    assert all(map(is_alive, pids))


@pytest.mark.parametrize(
    "marker",
    ["{identity}:{folder}/below", "{identity}:", "x:{folder}", "{folder}", "{identity}:{folder} "],
)  # fmt: skip
def test_processes_of_other_clouds_keep_running(tmp_path: Path, start: Start, marker: str) -> None:
    own = home.claim(tmp_path / "a")
    pid = start({home.MARKER: marker.format(identity=own.identity, folder=own.folder)})

    cleanup.remove_leftovers(own)

    assert is_alive(pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start processes of another user")
def test_processes_of_other_users_keep_running(tmp_path: Path) -> None:
    own = home.claim(tmp_path / "a")
    stranger = subprocess.Popen(["/bin/sleep", "600"], env=dict(own.environment()), user=65534)
    try:
        cleanup.remove_leftovers(own)

        assert is_alive(stranger.pid)
    finally:
        stranger.kill()
        stranger.wait()


def test_down_spares_a_process_that_the_state_file_names(tmp_path: Path, start: Start) -> None:
    own = home.claim(tmp_path / "a")
    pid = start({})
    cloud_state.write(state(own.folder, pid))
    assert cloud_state.find(own.folder) is None

    assert cloud.down(own.folder)

    assert is_alive(pid)


def test_down_stops_the_processes_of_an_up_that_was_killed(tmp_path: Path, start: Start) -> None:
    """It was killed after it started a server, and before it wrote cloud.json."""
    own = home.claim(tmp_path / "a")
    pid = start(own.environment())

    assert cloud.down(own.folder)

    assert eventually(lambda: not is_alive(pid))
    assert not cloud.down(own.folder)


def test_down_refuses_a_state_file_of_another_folder(tmp_path: Path, start: Start) -> None:
    mine, other = home.claim(tmp_path / "mine"), home.claim(tmp_path / "other")
    pid = start(other.environment())
    (other.folder / "ministack").mkdir()
    text = state(other.folder, pid).model_dump_json()
    (mine.folder / "cloud.json").write_text(text)

    for command in (cloud.down, cloud_state.find, cloud.up):
        with pytest.raises(HomeRefused, match=f"copy of the local cloud's folder {other.folder}"):
            command(mine.folder)

    assert is_alive(pid)
    assert (other.folder / "ministack").is_dir()
    assert (mine.folder / "cloud.json").read_text() == text


def test_copied_folder_is_refused(tmp_path: Path) -> None:
    original = home.claim(tmp_path / "original")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "home.json").write_bytes((original.folder / "home.json").read_bytes())

    for command in (cloud.down, cloud_state.find, cloud.up):
        with pytest.raises(HomeRefused, match="is a copy"):
            command(copy)


@pytest.mark.parametrize("folder", ["/", "~", "~/.."])
def test_personal_folders_are_refused(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    (tmp_path / "user").mkdir()

    with pytest.raises(HomeRefused, match="is or contains your home directory"):
        cloud.up(Path(folder).expanduser())

    assert not list((tmp_path / "user").iterdir())


def test_the_home_directory_of_the_account_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path.home().resolve()
    monkeypatch.setenv("HOME", "/nonexistent")

    with pytest.raises(HomeRefused, match="is or contains your home directory"):
        home.claim(own)


def test_folder_with_files_of_its_own_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()

    with pytest.raises(HomeRefused, match=r"such as thesis\.tex.*Choose an empty or new folder"):
        cloud.up(tmp_path)

    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_down_does_not_touch_a_folder_without_a_cloud(tmp_path: Path) -> None:
    (tmp_path / "ministack").mkdir()

    assert not cloud.down(tmp_path)

    assert [entry.name for entry in tmp_path.iterdir()] == ["ministack"]


def test_file_as_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(HomeRefused, match="is not a folder"):
        home.claim(tmp_path / "file")


def test_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text("{}")

    with pytest.raises(HomeRefused, match="is damaged"):
        home.find(tmp_path)


def as_link(file: Path) -> None:
    file.symlink_to("/etc/hostname")


DAMAGED: list[Callable[[Path], object]] = [
    lambda file: file.write_text('{"home":'),
    lambda file: file.write_bytes(b"\xff\xfe\x80"),
    Path.touch,
    Path.mkdir,
    os.mkfifo,
    as_link,
]


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_state_is_refused_and_down_stops_that_cloud(
    tmp_path: Path, start: Start, damage: Callable[[Path], object]
) -> None:
    own = home.claim(tmp_path / "a")
    pid = start(own.environment())
    damage(tmp_path / "a" / "cloud.json")

    with pytest.raises(CloudConflict, match="modeldrop local down --home"):
        cloud_state.find(tmp_path / "a")
    assert cloud.down(tmp_path / "a")

    assert eventually(lambda: not is_alive(pid))  # the environment is gone slightly earlier
    assert not os.path.lexists(tmp_path / "a" / "cloud.json")
    assert cloud_state.find(tmp_path / "a") is None


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_home_file_is_refused(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    damage(tmp_path / "home.json")

    with pytest.raises(HomeRefused, match="is damaged"):
        cloud.down(tmp_path)


def test_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    with pytest.raises(HomeRefused, match="loop"):
        cloud.down(tmp_path / "loop")


def test_lock_does_not_follow_a_link(tmp_path: Path) -> None:
    own = home.claim(tmp_path / "a")
    (own.folder / home.LOCK).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(CloudConflict, match="is not a lock"):
        cloud.down(own.folder)
    assert not (tmp_path / "elsewhere").exists()


def test_commands_that_start_together_claim_one_home(tmp_path: Path) -> None:
    """Otherwise the second `local up` leaves the processes of the first one behind."""
    for each in range(20):
        together = Barrier(8)

        def claim(_: int, folder: Path = tmp_path / str(each), gate: Barrier = together) -> Home:
            gate.wait()
            return home.claim(folder)

        with ThreadPoolExecutor(8) as pool:
            assert len({own.identity for own in pool.map(claim, range(8))}) == 1
        assert [entry.name for entry in (tmp_path / str(each)).iterdir()] == ["home.json"]


def test_home_is_claimed_once(tmp_path: Path) -> None:
    first = home.claim(tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "logs").mkdir()

    assert home.claim(first.folder) == first
    assert home.find(first.folder) == first
    assert home.claim(tmp_path / "c").identity != first.identity


def test_only_the_user_can_enter_and_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    own = home.claim(tmp_path)
    home.write_private(tmp_path / "cloud.json", "secret")
    home.write_private(tmp_path / "cloud.json", "another")

    assert own.folder.stat().st_mode & 0o777 == 0o700
    for name in ("home.json", "cloud.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "cloud.json").read_text() == "another"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    own: Home = home.claim(tmp_path / "a")
    os.chown(own.folder / "home.json", 65534, 65534)
    os.chown(own.folder, 65534, 65534)

    for refused in (home.find, home.claim):
        with pytest.raises(HomeRefused, match="belongs to another user"):
            refused(own.folder)


def test_shared_memory_of_other_users_stays(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    prefix = cleanup.region_prefix(folder / "sagemaker")
    region = cleanup.SHARED_MEMORY / f"{prefix}test{os.getpid()}"
    region.touch()
    try:
        assert cleanup.shared_memory(folder) == [region]
        if os.geteuid() == 0:
            os.chown(region, 65534, 65534)
            assert cleanup.shared_memory(folder) == []
    finally:
        region.unlink()


def test_running_cloud_is_not_stopped_at_the_end_of_the_block(tmp_path: Path, start: Start) -> None:
    own, said = home.claim(tmp_path / "a"), list[str]()
    pid = start(own.environment())
    sources = stack_deployment.source_digest()
    cloud_state.write(state(own.folder, pid).model_copy(update={"sources": sources}))

    with cloud.running(own.folder, progress=said.append):
        pass

    assert said == [f"The embedded cloud already runs in {own.folder}"]
    assert is_alive(pid)
