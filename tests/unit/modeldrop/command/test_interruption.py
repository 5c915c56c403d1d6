"""Ctrl-C and SIGTERM at each stage of a command give one sentence, one exit code and one document.

A function of the stage raises the signal, so the tests do not depend on timing.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from model_packager.spec.hosting_mode import HostingMode
from modeldrop import interruption
from modeldrop.command.main import main
from modeldrop.command.terminal.screen import print_json
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import Interrupted, announce, deferred
from modeldrop.live.batch_job import JobFolder
from modeldrop.local import cloud_state
from modeldrop.tuning import search
from tests.unit.model_packager.spec.test_load_profile import point
from tests.unit.modeldrop.account import Account
from tests.unit.modeldrop.command.cloudformation import described
from tests.unit.modeldrop.conftest import REGION
from tests.unit.modeldrop.recorded import BUCKET

if TYPE_CHECKING:
    from collections.abc import Iterator

BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Restore pytest's handlers after each test."""
    before = {each: signal.getsignal(each) for each in BOTH}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job would ignore SIGINT
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["modeldrop", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def interrupt(monkeypatch: pytest.MonkeyPatch, target: str, number: int = signal.SIGINT) -> None:
    """Raise the signal when the command calls this function."""
    monkeypatch.setattr(target, lambda *_, **__: signal.raise_signal(number))


EXECUTION = "modeldrop.command.drop.find_execution"
FOLLOWING = "modeldrop.command.terminal.following.follow_to_outcome"
CHECKING = "modeldrop.command.drop.checked_drop"

ON_A_STACK = [
    ("drop MODEL", CHECKING, "Interrupted. Nothing was uploaded."),
    ("drop MODEL", "modeldrop.dropping.drop.upload", "Interrupted the upload. Nothing was deploy"),
    ("drop MODEL", EXECUTION, "then the deployment continues. Follow it with: modeldrop watch"),
    ("drop MODEL", FOLLOWING, "The deployment continues. Follow it with: modeldrop watch resnet"),
    ("watch resnet", "modeldrop.command.watch.execution_to_watch", "Nothing was changed."),
    ("watch resnet", FOLLOWING, "The deployment continues. Follow it with: modeldrop watch resnet"),
    ("status", "modeldrop.command.status.read_status", "Nothing was changed."),
    ("history resnet", "modeldrop.command.history.read_history", "Nothing was changed."),
    ("diff resnet v1 v2", "modeldrop.command.diff.read_history", "Nothing was changed."),
    ("bench resnet", "modeldrop.command.bench.measure", "The endpoint keeps running."),
    (
        "invoke resnet --repeat 9",
        "modeldrop.command.invoke.send_requests",
        "The endpoint keeps running.",
    ),
    ("logs resnet --follow", "modeldrop.executions.log_lines.time.sleep", "Stopped following"),
    ("rollback resnet -y", "modeldrop.command.rollback.choose", "No rollback was started."),
    (
        "rollback resnet -y",
        "modeldrop.command.rollback.start_rollback",
        "If the rollback has started, it",
    ),
    ("rollback resnet -y", FOLLOWING, "The deployment continues. Follow it with: modeldrop watch"),
    ("delete resnet", "modeldrop.command.delete.typer.confirm", "Nothing was deleted."),
    ("delete resnet -y", "modeldrop.command.delete.retire", "The deletion continues if it has"),
    ("sleep resnet", "modeldrop.command.sleep.typer.confirm", "Nothing was deleted."),
    (
        "sleep resnet -y --stack modeldrop",
        "modeldrop.command.sleep.put_to_sleep",
        "Check with: modeldrop status resnet --stack modeldrop",
    ),
    ("orphans", "modeldrop.command.orphans.scan", "Nothing was changed."),
    ("orphans --delete -y", "modeldrop.command.orphans._remove", "Some orphans are removed."),
    ("tune MODEL --endpoint -y", "modeldrop.tuning.endpoint_server.put", "files are removed."),
    ("tune MODEL --endpoint -y", "modeldrop.tuning.endpoint_server._remove", "Cleanup was interr"),
]


@pytest.fixture
def stack(account: Account, model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stack on AWS with a live version of resnet, and a running execution for it."""
    account.s3.create_bucket(Bucket="drops")
    session = account.session
    [machine] = session.client("stepfunctions").list_state_machines()["stateMachines"]
    arn = machine["stateMachineArn"]
    event = {"detail": {"bucket": {"name": "drops"}, "object": {"key": "resnet/model.pt"}}}
    session.client("stepfunctions").start_execution(stateMachineArn=arn, input=json.dumps(event))
    outputs = {
        "EndpointPrefix": "modeldrop",
        "ArtifactBucketName": BUCKET,
        "DropBucketName": "drops",
        "ResultTopicArn": "unused",
        "DeployModelStateMachineArn": arn,
        "RetireModelStateMachineArn": "unused",
        "BatchTransformStateMachineArn": "unused",
    }
    account.make("20260801T000000Z-0000abcd")  # an orphan
    for command in ("bench", "invoke"):
        live = SimpleNamespace(
            endpoint="modeldrop-resnet", hosting=HostingMode(), asleep_since=None
        )
        monkeypatch.setattr(
            f"modeldrop.command.{command}.read_live_model", lambda *_, live=live: live
        )
    for each in (EXECUTION, "modeldrop.tuning.endpoint_server.find_execution"):
        monkeypatch.setattr(each, lambda *_: "arn:first")  # moto starts no execution
    monkeypatch.setattr("modeldrop.tuning.endpoint_server.retire", lambda *_: None)
    with described({"modeldrop": outputs}) as url:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        yield model


@pytest.mark.parametrize(("command", "target", "sentence"), ON_A_STACK)
def test_interruption_on_a_stack(
    stack: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    target: str,
    sentence: str,
) -> None:
    number = signal.SIGTERM if target == FOLLOWING else signal.SIGINT
    interrupt(monkeypatch, target, number)
    as_json = [] if "--follow" in command else ["--json"]
    words = [str(stack) if word == "MODEL" else word for word in command.split()]
    assert run(monkeypatch, *words, *as_json) == 128 + number
    written = capsys.readouterr()
    assert sentence in written.err.splitlines()[-1]
    assert "Traceback" not in written.err
    if as_json:
        document = json.loads(written.out)
        assert (document["error"], document["cause"]) == (
            "Interrupted",
            written.err.splitlines()[-1],
        )


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("read_inputs", "Interrupted. The batch job was not started."),
        ("upload_inputs", "Interrupted. The batch job was not started."),
        ("start", "If the batch job has started, it continues. Its results will be in s3://drops/"),
        ("follow_to_outcome", "The batch job continues. Its results will be in s3://drops/b/_res"),
    ],
)
def test_interrupted_batch_job(
    stack: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    target: str,
    sentence: str,
) -> None:
    inputs = stack.parent / "inputs"
    inputs.mkdir()
    (inputs / "a.json").write_text("{}")
    monkeypatch.setattr("modeldrop.command.batch.job_folder", lambda *_: JobFolder("drops", "b/"))
    monkeypatch.setattr("modeldrop.command.batch.start", lambda *_: "arn:first")
    interrupt(monkeypatch, f"modeldrop.command.batch.{target}")
    assert run(monkeypatch, "batch", "resnet", inputs, "--json") == 130
    assert sentence in capsys.readouterr().err.splitlines()[-1]


UP, DOWN = "modeldrop.command.local.cloud.up", "modeldrop.command.local.cloud.down"
LOCAL = [
    ("inspect MODEL", "modeldrop.command.inspect.inspect_file", "Nothing was changed."),
    ("plan MODEL", "modeldrop.command.plan.inspect_file", "Nothing was changed."),
    ("package MODEL -o OUT", "modeldrop.command.package._write", "is incomplete: delete it."),
    pytest.param(
        *("export resnet18 -o OUT", "model_packager.exporter.export_torchvision"),
        "may be incomplete",
        marks=pytest.mark.slow,  # it imports torch
    ),
    ("local up", UP, "The local cloud was stopped again."),
    ("local down", DOWN, "Repeat: modeldrop local down"),
    ("local run MODEL", "modeldrop.command.local.checked_drop", "Nothing was uploaded."),
    ("local run MODEL", UP, "The local cloud was stopped, and the deployment with it."),
    ("demo", "modeldrop.command.demo._export", "Nothing was changed."),
    ("demo", UP, "The local cloud was stopped, and the deployment with it."),
]


@pytest.mark.parametrize(("command", "target", "sentence"), LOCAL)
def test_interruption_on_this_computer(
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    target: str,
    sentence: str,
) -> None:
    if command == "demo" and target == UP:
        monkeypatch.setattr("modeldrop.command.demo._export", lambda _model: None)
    interrupt(monkeypatch, target)
    names = {"MODEL": model, "OUT": tmp_path / "out"}
    words = [names.get(word, word) for word in command.split()]
    home = ["--home", tmp_path / "home"] if command.startswith(("local", "demo")) else []
    assert run(monkeypatch, *words, *home, "--json") == 130
    written = capsys.readouterr()
    assert sentence in written.err.splitlines()[-1]
    assert json.loads(written.out)["error"] == "Interrupted"


def test_running_cloud_is_left_alone(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cloud_state, "find", lambda _home: object())
    interrupt(monkeypatch, UP)
    assert run(monkeypatch, "local", "up", "--home", tmp_path) == 130
    assert "The local cloud keeps running." in capsys.readouterr().err
    assert run(monkeypatch, "local", "run", model, "--home", tmp_path) == 130
    assert "Nothing was uploaded." in capsys.readouterr().err


class FakeServer:
    """A server without measurements, because the search is interrupted."""

    def processors(self, _inspection: object) -> int:
        return 2


@pytest.mark.parametrize("when", ["searching", "after the search", "during cleanup"])
def test_interrupted_tuning_prints_its_results(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], when: str
) -> None:
    """On a busy machine, the search may have ended before the signal arrives."""
    measured: list[Any] = []

    def measure(*arguments: Any) -> Any:
        measured.append(arguments)
        if when == "searching" and len(measured) == 2:
            signal.raise_signal(signal.SIGINT)
        return (point(1, 100, 10),)

    @contextmanager
    def server(_file: Path) -> Iterator[FakeServer]:
        announce("Tuning was interrupted. Its tritonserver was stopped.")
        yield FakeServer()
        if when == "during cleanup":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("modeldrop.tuning.run._measure", measure)
    monkeypatch.setattr("modeldrop.command.tune.local_server", server)
    if when == "after the search":
        confirm = search.Search._confirm

        def confirm_then_interrupt(self: search.Search) -> None:
            confirm(self)
            signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(search.Search, "_confirm", confirm_then_interrupt)
    assert run(monkeypatch, "tune", model, "--json") == 130
    written = capsys.readouterr()
    document = json.loads(written.out)
    assert document["candidates"]
    assert (document["stopped"] == "Interrupted.") is (when != "during cleanup")
    assert written.err.splitlines()[-1] == "Tuning was interrupted. Its tritonserver was stopped."


def test_document_is_written_whole(capsys: pytest.CaptureFixture[str]) -> None:
    interruption.install()
    interruption.ready()
    with pytest.raises(Interrupted) as raised, deferred():  # noqa: PT012  # before the end
        signal.raise_signal(signal.SIGTERM)
        print_json({"a": 1})
    assert (raised.value.exit_code, json.loads(capsys.readouterr().out)) == (143, {"a": 1})


@pytest.mark.slow
@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("first_import", ["typer", "pydantic"])
def test_signal_during_the_imports_prints_no_traceback(first_import: str, number: int) -> None:
    source = f"""
import signal, sys
sys.argv = ["modeldrop", "status", "--json"]
class Finder:
    def find_spec(name, path=None, target=None):
        if name == {first_import!r}:
            signal.raise_signal({int(number)})
sys.meta_path.insert(0, Finder)
signal.signal(signal.SIGINT, signal.default_int_handler)
from modeldrop.command.main import main
main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )
    assert (ended.returncode, ended.stderr) == (128 + number, "Interrupted. Nothing was changed.\n")
    assert json.loads(ended.stdout)["error"] == "Interrupted"


def test_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as shells do for background jobs
    interruption.install()
    interruption.ready()
    interruption.finish()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_no_other_module_handles_signals() -> None:
    root = Path(interruption.__file__).parent
    other = [
        file
        for file in root.rglob("*.py")
        if "local" not in file.relative_to(root).parts[0]
        # The entry point sets the default handler until interruption is imported.
        and file.name not in {"interruption.py", "main.py"}
        and ("KeyboardInterrupt" in file.read_text() or "signal.signal" in file.read_text())
    ]
    assert other == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", ["interruption", "command.terminal.standard_streams", "command.app"]
)
def test_ctrl_c_during_the_first_imports_prints_no_traceback(module: str) -> None:
    program = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from modeldrop.command.main import main

class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == "modeldrop.{module}":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, CtrlC())
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"], capture_output=True, text=True, check=False
    )

    assert done.returncode in {-signal.SIGINT, ExitCode.INTERRUPTED}
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
