"""The command's exit codes and its output to stdout and stderr."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from modeldrop.command.main import main
from tests import torchscript_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.modeldrop.account import Account

    Run = Callable[..., "Ended"]

COMMAND = Path(sys.executable).with_name("modeldrop")


@dataclass(frozen=True)
class Ended:
    """The exit code and output of the command."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process."""

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["modeldrop", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Ended(int(ended.value.code or 0), written.out, written.err)

    return run


def is_one_sentence(ended: Ended) -> bool:
    return ended.code == 2 and not ended.out and "Traceback" not in ended.err and bool(ended.err)


@pytest.mark.slow
def test_installed_command_ends_a_mistake_with_2_and_one_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone.pt"
    ended = subprocess.run([COMMAND, "inspect", gone], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"No such file: {gone}\n"


def test_inspect_accepts(run: Run, model: Path) -> None:
    ended = run("inspect", model)
    assert (ended.code, ended.out) == (0, "")
    assert "is valid" in ended.err
    assert "INPUT__0" in ended.err


def test_inspect_as_json_writes_one_document(run: Run, model: Path) -> None:
    ended = run("inspect", model, "--name", "resnet", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json()["accepted"] is True
    assert ended.json()["signature"]["inputs"][0]["name"] == "INPUT__0"
    assert 'name: "resnet"' in ended.json()["config_pbtxt"]
    assert run("inspect", model, "--config").err.startswith('name: "resnet"\n')


def test_inspect_warns(run: Run, model: Path) -> None:
    model.write_bytes(torchscript_files.LINEAR_FLOAT64.read_bytes())
    ended = run("inspect", model)
    assert ended.code == 0
    assert "warning  The model has float64 weights" in ended.err
    assert "model.float()" in ended.err
    [warning] = run("inspect", model, "--json").json()["warnings"]
    assert warning["code"] == "FLOAT64_WEIGHTS"


def test_inspect_shows_the_origin_of_every_value(run: Run, model: Path) -> None:
    model.with_name("deploy.yaml").write_text("endpoint:\n  instance_count: 2\n")
    values = {each["key"]: each for each in run("inspect", model, "--json").json()["values"]}
    assert values["endpoint.instance_count"] == {
        "key": "endpoint.instance_count",
        "value": 2,
        "source": "next to the file",
        "line": 2,
        "column": 19,
        "note": None,
    }
    assert values["inputs"]["source"] == "the model"
    assert values["endpoint.instance_type"]["source"] == "template default"
    assert values["smoke_test.rtol"]["source"] == "built-in default"
    shown = run("inspect", model, "--settings").err
    for words in ("next to the file 2:19", "the model", "template default", "built-in default"):
        assert words in shown


def test_inspect_notes_what_could_not_be_checked(run: Run, model: Path) -> None:
    model.with_name("deploy.yaml").write_text("endpoint: {instance_type: ml.g4dn.xlrage}")
    assert "did you mean ml.g4dn.xlarge?" in run("inspect", model, "--json").json()["notes"][0]
    assert "note     ml.g4dn.xlrage is not in the table" in run("inspect", model).err


def test_inspect_rejects(run: Run, model: Path) -> None:
    model.write_bytes(b"<html>404</html>")
    ended = run("inspect", model)
    assert is_one_sentence(ended)
    assert "\nFix: " in ended.err


def test_inspect_rejects_as_json(run: Run, model: Path) -> None:
    model.write_bytes(b"<html>404</html>")
    ended = run("inspect", model, "--json")
    assert (ended.code, ended.err) == (2, "")
    assert ended.json()["accepted"] is False
    assert ended.json()["error"] == "ModelRejected"
    assert ended.json()["cause"]
    assert ended.json()["fix"]


@pytest.mark.parametrize("name", ["../up", "a b"])
def test_inspect_refuses_unknown_file_names(run: Run, model: Path, name: str) -> None:
    ended = run("inspect", model, "--name", name)
    assert is_one_sentence(ended)
    assert "/model.pt" not in ended.err


def test_invalid_name_of_a_drop_names_the_option(run: Run, model: Path) -> None:
    ended = run("inspect", model, "--name", "my model")
    assert (ended.code, ended.out) == (2, "")
    assert 'Invalid model name "my model": set --name to letters, digits' in ended.err


WRONG_USAGE = {
    "inspect": "Missing argument 'FILE'. See: modeldrop inspect --help",
    "inspect x --nmae y": "No such option: --nmae (Possible options: --name). See: modeldrop "
    "inspect --help",
    "nonsense": "No such command 'nonsense'. See: modeldrop --help",
    "invoke x --repeat 0": "Invalid value for '--repeat': Input should be greater than or equal to "
    "1. See: modeldrop invoke --help",
    "local logs --lines many": "Invalid value for '--lines': Input should be a valid integer, "
    "unable to parse string as an integer. See: modeldrop local logs --help",
}


@pytest.mark.parametrize(("words", "message"), WRONG_USAGE.items())
def test_wrong_usage_is_one_sentence_and_with_json_one_document(
    run: Run, words: str, message: str
) -> None:
    ended = run(*words.split())
    assert (ended.code, ended.out, ended.err) == (2, "", f"{message}\n")
    ended = run(*words.split(), "--json")
    document = ended.json()
    assert (ended.code, document["error"]) == (2, "UsageError")
    assert f"{document['cause']} {document['fix']}" == ended.err.rstrip("\n")


def test_question_without_an_answer_is_one_document(
    run: Run, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    ended = run("rollback", "resnet", "--json")
    assert (ended.code, ended.json()["error"]) == (1, "NotConfirmed")
    assert ended.err.endswith("Aborted: not confirmed. --yes skips the question.\n")


def test_help_ends_with_0(run: Run) -> None:
    ended = run("--help")
    assert ended.code == 0
    named = "inspect plan package export drop watch status history invoke bench logs rollback "
    named += "delete orphans tune demo local"
    for command in named.split():
        assert command in ended.out


def test_version(run: Run) -> None:
    ended = run("--version")
    assert (ended.code, ended.out) == (0, f"modeldrop {version('modeldrop')}\n")


def test_a_mistake_with_json_is_one_document(run: Run, tmp_path: Path) -> None:
    ended = run("status", "--local", "--home", tmp_path, "--json")
    assert ended.code == 2
    assert ended.json()["error"] == "UsageError"
    assert ended.json()["cause"] == "The local cloud is not running."
    assert ended.json()["fix"] == f"Start it with: modeldrop local up --home {tmp_path}"
    ended = run("status", "a b", "--json")
    assert (ended.code, ended.json()["error"]) == (2, "UsageError")
    assert 'Invalid model name "a b": set NAME to letters' in ended.json()["cause"]


def test_package_as_json_writes_one_document(run: Run, model: Path, tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    ended = run("package", model, "-o", archive, "--name", "resnet", "--json")
    assert (ended.code, ended.err) == (0, "")
    size = archive.stat().st_size
    assert ended.json() == {"output": str(archive), "bytes": size, "model": "resnet"}


def test_plan_writes_what_would_be_done(run: Run, model: Path) -> None:
    ended = run("plan", model, "--name", "resnet")
    assert (ended.code, ended.out) == (0, "")
    for words in (
        "in us-east-1",
        "modeldrop-resnet",
        "runs on   1 x ml.g4dn.xlarge (1 x NVIDIA T4",
        "price     Idle: 1 x ml.g4dn.xlarge, all day.",
        "limits    1 instance of ml.g4dn.xlarge, twice as many during an update; the stack",
    ):
        assert words in ended.err
    assert '"InstanceType": "ml.g4dn.xlarge"' in run("plan", model, "--requests").err
    assert "sagemaker:CreateModel" in run("plan", model, "--permissions").err


def test_commands_derive_the_name_by_one_rule(run: Run, model: Path, tmp_path: Path) -> None:
    """tests/unit/modeldrop/dropping/test_drop.py has the test for `drop`."""
    cat = model.rename(tmp_path / "cat.pt")
    archive = tmp_path / "model.tar.gz"
    assert 'name: "cat"' in run("inspect", cat, "--json").json()["config_pbtxt"]
    assert run("plan", cat, "--json").json()["resources"]["endpoint"] == "modeldrop-cat"
    assert run("package", cat, "-o", archive, "--json").json()["model"] == "cat"


def test_plan_as_json_writes_one_document(
    run: Run, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    ended = run("plan", model, "--name", "resnet", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json()["accepted"] is True
    assert ended.json()["region"] == "eu-west-1"
    assert run("plan", model, "--region", "us-west-2", "--json").json()["region"] == "us-west-2"


def test_plan_reads_the_parameters_of_samconfig(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "samconfig.toml").write_text(
        "[default.deploy.parameters]\n"
        'parameter_overrides = "InstanceType=ml.c5.large MaxInstances=2"\n'
    )
    monkeypatch.chdir(tmp_path)
    planned = run("plan", model, "--json").json()
    assert planned["hosting"]["instance_type"] == "ml.c5.large"
    assert planned["cost_limits"]["max_instances"] == 2


def test_plan_rejects(run: Run, model: Path) -> None:
    ended = run("plan", model, "--region", "us-east-3")
    assert is_one_sentence(ended)
    assert "no Triton image in the Region 'us-east-3'" in ended.err
    assert "\nFix: " in ended.err
    ended = run("plan", model, "--region", "us-east-3", "--json")
    assert (ended.code, ended.err) == (2, "")
    assert (ended.json()["accepted"], ended.json()["error"]) == (False, "SpecRejected")
    model.write_bytes(b"<html>404</html>")
    assert is_one_sentence(run("plan", model))


def test_package_writes_the_archive(run: Run, model: Path, tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    ended = run("package", model, "-o", archive, "--name", "resnet")
    assert (ended.code, ended.out) == (0, "")
    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["resnet/1/model.pt", "resnet/config.pbtxt"]
        file = tar.extractfile("resnet/1/model.pt")
        assert file is not None
        assert file.read() == model.read_bytes()


def test_package_into_a_missing_folder_is_a_usage_error(
    run: Run, model: Path, tmp_path: Path
) -> None:
    assert is_one_sentence(run("package", model, "-o", tmp_path / "gone" / "model.tar.gz"))


def test_package_does_not_overwrite_the_model(run: Run, model: Path) -> None:
    before = model.read_bytes()
    assert is_one_sentence(run("package", model, "-o", model))
    assert model.read_bytes() == before


def test_rejected_model_writes_no_archive(run: Run, model: Path, tmp_path: Path) -> None:
    model.write_bytes(b"")
    archive = tmp_path / "model.tar.gz"
    assert is_one_sentence(run("package", model, "-o", archive))
    assert not archive.exists()


def test_export_into_a_missing_folder_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    assert is_one_sentence(run("export", "resnet18", "-o", tmp_path / "gone" / "model.pt"))


@pytest.mark.slow  # it imports torchvision
def test_export_of_an_unknown_model_is_rejected(run: Run, tmp_path: Path) -> None:
    ended = run("export", "resnet19", "-o", tmp_path / "model.pt")
    assert is_one_sentence(ended)
    assert "resnet19" in ended.err


def test_local_run_without_a_file_starts_nothing(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert is_one_sentence(run("local", "run", tmp_path / "gone.pt", "--home", home))
    assert not home.exists()


def test_local_run_under_a_wrong_name_starts_nothing(run: Run, model: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert is_one_sentence(run("local", "run", model, "--name", "team/x", "--home", home))
    assert not home.exists()


def test_local_status_without_a_running_cloud(run: Run, tmp_path: Path) -> None:
    ended = run("local", "status", "--home", tmp_path, "--json")
    assert (ended.code, ended.json()) == (1, {"up": False})
    assert run("local", "status", "--home", tmp_path).out == ""


def test_local_down_without_a_running_cloud_is_no_error(run: Run, tmp_path: Path) -> None:
    assert run("local", "down", "--home", tmp_path).code == 0


def test_local_delete_without_a_running_cloud_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    ended = run("delete", "resnet", "--local", "--home", tmp_path)
    assert is_one_sentence(ended)
    assert "modeldrop local up" in ended.err


def test_delete_without_a_region_is_a_usage_error(run: Run) -> None:
    ended = run("delete", "resnet", "--yes")
    assert is_one_sentence(ended)
    assert "region" in ended.err


def test_delete_without_credentials_is_a_usage_error(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    ended = run("delete", "resnet", "--yes")
    assert is_one_sentence(ended)
    assert "credentials" in ended.err


def test_file_that_cannot_be_written(run: Run, model: Path) -> None:
    ended = run("package", model, "-o", "/sys/model.tar.gz")  # not even root may write there
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert "/sys/model.tar.gz" in ended.err
