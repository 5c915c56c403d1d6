"""Each command shows external names on the terminal with escaped control characters.

The names are from models, archives, specs, labels, logs, and responses of endpoints.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import onnx
import pytest
from typer.testing import CliRunner

from model_client.ranking import RankedClass
from model_client.response import Response, parse_response
from model_packager.dtype import Dtype
from model_packager.executions.history import StateVisit
from model_packager.signature import Signature, Tensor
from model_packager.spec.smoke_test_spec import SmokeTest
from modeldrop.command import bench, invoke, local_status, tune
from modeldrop.command.app import app
from modeldrop.command.main import main
from modeldrop.command.terminal import progress, result
from modeldrop.command.terminal.printable import printable
from modeldrop.command.terminal.screen import console
from modeldrop.executions.published import Published
from modeldrop.live.invocation import Invocation
from modeldrop.live.live_model import LiveModel
from tests.onnx_models import linear
from tests.unit.model_packager.archive_files import tar_of
from tests.unit.modeldrop.command.conftest import FUNCTION_LOGS
from tests.unit.modeldrop.recorded import NEWEST, keep, record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.modeldrop.account import Account

HOSTILE = "\x1b[31m\x1b]0;own\x9c[/red]:bomb:\u202e\x9b2J"
SHOWN = r"\x1b[31m\x1b]0;own\x9c[/red]:bomb:\u202e\x9b2J"


def is_shown(text: str) -> bool:
    """Return whether a text has the name, in one or several lines, and is printable."""
    plain = text.replace("\n", "").replace("\t", "")
    return plain.isprintable() and SHOWN in "".join(plain.split())


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command in this process, and return what it writes to the terminal."""

    def run(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["modeldrop", *map(str, arguments)])
        with pytest.raises(SystemExit):
            main()
        written = capsys.readouterr()
        return written.out + written.err

    return run


def onnx_file(folder: Path) -> Path:
    proto = linear(batch=1)
    for tensor in (proto.graph.node[0].input, proto.graph.node[0].output):
        tensor[0] = HOSTILE + tensor[0]
    proto.graph.input[0].name = HOSTILE + "x"
    proto.graph.output[0].name = HOSTILE + "y"
    onnx.checker.check_model(proto)
    file = folder / "model.onnx"
    file.write_bytes(proto.SerializeToString())
    return file


@pytest.mark.parametrize("name", ["a name", "größe", "日本語", "[bold]", ":bomb:", "a\tb\nc"])
def test_printable_text_stays(name: str) -> None:
    assert printable(name) == name


@pytest.mark.slow
def test_every_other_character_is_visible() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert printable(everything).replace("\n", "").replace("\t", "").isprintable()
    assert printable(HOSTILE) == SHOWN
    assert printable(SHOWN) == SHOWN


@pytest.mark.parametrize("command", ["inspect", "plan"])
def test_names_of_tensors(run: Callable[..., str], tmp_path: Path, command: str) -> None:
    output = run(command, onnx_file(tmp_path))
    plain = output.replace("\n", "")
    assert plain.isprintable()
    assert command == "plan" or is_shown(output)


@pytest.mark.parametrize("command", ["inspect", "plan", "package"])
@pytest.mark.parametrize("place", ["key", "value", "file", "model"])
def test_names_in_what_is_refused(
    run: Callable[..., str], model: Path, tmp_path: Path, command: str, place: str
) -> None:
    options = ["-o", tmp_path / "out.tar.gz"] if command == "package" else []
    file = model
    if place in ("key", "value"):
        quoted = json.dumps(HOSTILE)
        text = f"{quoted}: 1" if place == "key" else f"max_batch_size: {quoted}"
        model.with_name("deploy.yaml").write_text(text)
    elif place == "file":
        file = tmp_path / f"{HOSTILE.replace('/', '')}.pt"
    else:
        file = tmp_path / "model.tar.gz"
        file.write_bytes(tar_of({f"{HOSTILE}/config.pbtxt": b"x {"}))
    output = run(command, file, *options)
    assert output.replace("\n", "").isprintable()
    assert r"\x1b" in output or r"\u001b" in output  # a value is shown as JSON


def test_names_in_drop(account: Account, tmp_path: Path, run: Callable[..., str]) -> None:
    (tmp_path / "deploy.yaml").write_text(f"{json.dumps(HOSTILE)}: 1")
    assert is_shown(run("drop", onnx_file(tmp_path), "--name", "resnet").replace("\\\\x", "\\x"))


def live_model() -> LiveModel:
    tensor = Tensor(name=HOSTILE, dtype=Dtype.FP32, dims=(1,))
    signature = Signature(inputs=(tensor,), outputs=(tensor,), max_batch_size=0)
    return LiveModel("cat", NEWEST, HOSTILE, signature, SmokeTest(), None)


def invocation() -> Invocation:
    output = {"name": HOSTILE, "datatype": "FP32", "shape": [1], "data": [1.0]}
    parsed = parse_response(json.dumps({"outputs": [output]}).encode(), "application/json")
    response = Response(parsed, 1.0, 1, 1)
    top = [[RankedClass(0, HOSTILE, 1.0)]]
    return Invocation(HOSTILE, response, {HOSTILE: response.output(HOSTILE)}, (1.0,), top)


def test_names_in_responses(capsys: pytest.CaptureFixture[str]) -> None:
    invoke._show(live_model(), invocation())
    assert capsys.readouterr().err.count(SHOWN) == 4


def test_names_in_results(capsys: pytest.CaptureFixture[str]) -> None:
    content: dict[str, Any] = {"status": "FAILED", "cause": HOSTILE, "fix": HOSTILE}
    result.show(Published(HOSTILE, HOSTILE, content))
    assert is_shown(capsys.readouterr().err)


def test_names_in_the_progress(capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC)
    current = progress.current([StateVisit("Check Endpoint", now, None)], HOSTILE, HOSTILE, None)
    assert current.plain.count(SHOWN) == 1
    console.print(current)
    assert is_shown(capsys.readouterr().err)
    with console.status(HOSTILE):
        console.print(HOSTILE)
    assert is_shown(capsys.readouterr().err)


@pytest.mark.parametrize("option", [(), ("--deployment",)])
def test_lines_of_logs(account: Account, option: tuple[str, ...]) -> None:
    from tests.unit.modeldrop.command.test_looking import CONTAINER, log, start

    arn = start(account, "resnet")
    line = json.dumps({"level": "WARNING", "message": HOSTILE, "execution_arn": arn})
    log(account, FUNCTION_LOGS if option else CONTAINER, line if option else HOSTILE)
    assert is_shown(CliRunner().invoke(app, ["logs", "resnet", *option]).output)


def test_names_in_records(account: Account) -> None:
    written = record(NEWEST)
    smoke = written.smoke.model_copy(update={"golden": HOSTILE})
    keep(account.s3, written.model_copy(update={"smoke": smoke}))
    assert r"\x1b[31m" in CliRunner().invoke(app, ["history", "resnet"]).output


def test_commands_print_through_one_console() -> None:
    assert not console._markup
    assert not console._emoji
    for module in (bench, invoke, local_status, tune, progress, result):
        assert module.console is console
