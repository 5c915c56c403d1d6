"""The embedded cloud as a whole, on the real template."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model_packager.aws_limits import LAMBDA_UNPACKED_BYTES
from modeldrop import interruption
from modeldrop.command.local import SETTINGS
from modeldrop.dropping.drop import Drop
from modeldrop.local import cloud, cloud_state, process, snapshot, stack_deployment, tools
from modeldrop.local.cloud_state import CloudConflict, EmbeddedCloud
from modeldrop.local.run import run
from tests.waiting import eventually

# All code here runs in a Python with only the standard library and the two layers.
IMPORTS = (
    "boto3 botocore.exceptions aws_lambda_powertools aws_lambda_powertools.tracing "
    "pydantic yaml model_packager "
    "numpy PIL.Image tritonclient.http"
)
IMPORTER = """
import importlib, sys
layers = sys.argv[1:3]
sys.path[:0] = layers
for name in sys.argv[3:]:
    module = importlib.import_module(name)
    assert module.__file__.startswith(tuple(layers)), f"{name} came from {module.__file__}"
"""


@pytest.fixture(scope="module")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    """A separate cloud that tests may change and stop."""
    home = tmp_path_factory.mktemp("spare")
    yield cloud.up(home, SETTINGS)
    cloud.down(home)


@pytest.fixture(scope="module")
def layers(embedded: EmbeddedCloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders with the unpacked layers of the deployed stack."""
    s3 = embedded.session().client("s3")
    template = (embedded.home / "packaged.yaml").read_text()
    folders = {}
    for name in ("ModelPackagerLayer", "SmokeTestLayer", "OnnxRuntimeLayer", "ReportLayer"):
        found = re.search(rf"(?s)\n  {name}:\n.*?ContentUri: s3://([^/\s]+)/(\S+)", template)
        assert found is not None
        content = s3.get_object(Bucket=found[1], Key=found[2])["Body"].read()
        folders[name] = tmp_path_factory.mktemp(name)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folders[name])
    return folders


def _python(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_layers_hold_all_that_is_imported(layers: dict[str, Path]) -> None:
    folders = [layers[name] / "python" for name in ("ModelPackagerLayer", "SmokeTestLayer")]

    imported = _python(IMPORTER, *folders, *IMPORTS.split())

    assert imported.returncode == 0, imported.stderr


def test_first_layer_needs_no_second(layers: dict[str, Path]) -> None:
    folder = layers["ModelPackagerLayer"] / "python"
    names = [name for name in IMPORTS.split() if name.split(".")[0] not in {"numpy", "PIL"}]

    imported = _python(IMPORTER, folder, folder, *(n for n in names if "triton" not in n))

    assert imported.returncode == 0, imported.stderr


def test_pages_are_made_with_their_layer(layers: dict[str, Path]) -> None:
    folders = [layers[name] / "python" for name in ("ModelPackagerLayer", "ReportLayer")]

    imported = _python(IMPORTER, *folders, "jinja2", "markupsafe", "PIL.Image", "boto3")

    assert imported.returncode == 0, imported.stderr


def test_onnx_runtime_comes_from_its_layer(layers: dict[str, Path]) -> None:
    folders = [layers[name] / "python" for name in ("OnnxRuntimeLayer", "SmokeTestLayer")]

    imported = _python(IMPORTER, *folders, "onnxruntime", "numpy")

    assert imported.returncode == 0, imported.stderr


@pytest.mark.parametrize(
    "others", [("SmokeTestLayer",), ("SmokeTestLayer", "OnnxRuntimeLayer"), ("ReportLayer",)]
)
def test_layers_and_functions_fit_into_lambda(
    layers: dict[str, Path], others: tuple[str, ...]
) -> None:
    names = ("ModelPackagerLayer", *others)
    folders = [*(layers[name] for name in names), tools.PROJECT_ROOT / "functions"]
    size = sum(f.stat().st_size for each in folders for f in each.rglob("*") if f.is_file())

    assert size < LAMBDA_UNPACKED_BYTES.value


def test_layer_pins_are_those_of_the_project() -> None:
    project = (tools.PROJECT_ROOT / "requirements" / "venv.txt").read_text().lower()
    wanted = set(project.replace("_", "-").splitlines())
    for folder in ("model_packager", "model_client", "layers/onnx_runtime", "layers/report"):
        text = (tools.PROJECT_ROOT / folder / "requirements.txt").read_text()
        pins = {
            re.sub(r"\[.*\]", "", line).lower().replace("_", "-")
            for line in text.splitlines()
            if line and not line.startswith("#")
        }
        assert pins <= wanted, pins - wanted


def test_every_runtime_of_the_template_can_be_built() -> None:
    template = (tools.PROJECT_ROOT / "template.yaml").read_text()
    allowed = re.search(r"PythonRuntime:.*?AllowedValues: \[([^]]+)\]", template, re.DOTALL)
    assert allowed is not None

    folders = {folder.name for folder in (tools.PROJECT_ROOT / "layers").glob("python*")}

    assert folders == set(allowed[1].replace(" ", "").split(","))
    assert stack_deployment.host_runtime() in folders


def test_another_process_finds_it(embedded: EmbeddedCloud) -> None:
    source = "import sys, pathlib; from modeldrop.local import cloud_state;"
    source += "print(cloud_state.find(pathlib.Path(sys.argv[1])).outputs['DropBucketName'])"

    found = subprocess.run(
        [sys.executable, "-c", source, str(embedded.home)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == embedded.output("DropBucketName")


def test_second_up_reports_that_nothing_changed(embedded: EmbeddedCloud) -> None:
    said: list[str] = []

    again = cloud.up(embedded.home, embedded.settings, progress=said.append)

    assert again == embedded
    assert said == [f"The embedded cloud already runs in {embedded.home}"]


def test_up_with_other_behavior_is_refused(embedded: EmbeddedCloud) -> None:
    settings = cloud_state.Settings.model_validate({"aws": {"enforce_iam": False}})

    with pytest.raises(CloudConflict, match="modeldrop local down"):
        cloud.up(embedded.home, settings)


def test_changed_parameter_is_deployed(spare: EmbeddedCloud) -> None:
    prefixed = cloud_state.Settings(parameters={**SETTINGS.parameters, "EndpointPrefix": "other"})

    changed = cloud.up(spare.home, prefixed)

    assert changed.output("EndpointPrefix") == "other"
    assert changed.ministack == spare.ministack


def test_unknown_output_lists_the_known_ones(embedded: EmbeddedCloud) -> None:
    with pytest.raises(KeyError, match="DropBucketName"):
        embedded.output("NoSuchThing")


def test_failed_deployment_shows_the_output_of_sam(embedded: EmbeddedCloud) -> None:
    settings = cloud_state.Settings(parameters={"InstanceCount": "none"})

    with pytest.raises(
        stack_deployment.StackFailed, match=r"(?s)`sam deploy` failed.*InstanceCount"
    ):
        cloud.up(embedded.home, settings)


def test_nothing_listens_outside_this_computer(embedded: EmbeddedCloud) -> None:
    ours = {embedded.ministack.pid, embedded.sagemaker.pid}
    addresses = set()
    for pid in ours:
        sockets = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                listens = fields[3] == "0A"  # TCP_LISTEN, include/net/tcp_states.h
                if listens and f"socket:[{fields[9]}]" in sockets:
                    addresses.add(fields[1].split(":")[0])

    assert addresses == {"0100007F"}  # 127.0.0.1 in the format of /proc/net/tcp


def test_two_homes_run_side_by_side_and_leave_nothing(
    embedded: EmbeddedCloud, double: Path, spare: EmbeddedCloud
) -> None:
    assert spare.aws_url != embedded.aws_url
    buckets = spare.session().client("s3").list_buckets()["Buckets"]
    names = {bucket["Name"] for bucket in buckets}
    assert spare.output("DropBucketName") in names
    assert embedded.output("DropBucketName") not in names
    run(spare, Drop("other", double, None, None))
    assert _models(spare) == {"other": "InService"}
    assert "other" not in _models(embedded)

    assert cloud.down(spare.home)

    assert cloud_state.find(spare.home) is None
    assert not spare.ministack.is_running()
    assert not spare.sagemaker.is_running()
    assert {path.name for path in spare.home.iterdir()} == {"logs", "lock", "home.json"}
    assert embedded.is_running()
    assert _models(embedded)["double"] == "InService"
    assert not cloud.down(spare.home)


def _models(embedded: EmbeddedCloud) -> dict[str | None, str]:
    return {each.model: each.status for each in snapshot.take(embedded).hosted}


@pytest.mark.parametrize(("end", "cleaned"), [(signal.SIGINT, True), (signal.SIGKILL, False)])
def test_foreground_cloud_ends_with_its_command(
    tmp_path: Path, end: signal.Signals, cleaned: bool
) -> None:
    source = "import pathlib, sys, time; from modeldrop.local import cloud\n"
    source += "say = lambda line: print(line, flush=True)\n"
    source += "with cloud.running(pathlib.Path(sys.argv[1]), progress=say):\n"
    source += "    print('up', flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", source, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as command:
        assert command.stdout is not None
        assert "up\n" in iter(command.stdout.readline, "")
        running = cloud_state.find(tmp_path)
        assert running is not None

        command.send_signal(end)
        said_last = command.stdout.read()

    assert said_last == ("Stopping the embedded cloud\n" if cleaned else "")
    assert eventually(
        lambda: not (running.ministack.is_running() or running.sagemaker.is_running()), 120
    )
    assert (tmp_path / "cloud.json").exists() is not cleaned
    assert (tmp_path / "ministack").exists() is not cleaned
    cloud.down(tmp_path)


def test_failed_start_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tools.Tool("nvidia-pytriton", "0.7.0", tmp_path, tmp_path)
    monkeypatch.setattr(tools, "triton", lambda: missing)

    with pytest.raises(tools.ToolMissing):
        cloud.up(tmp_path / "home")

    assert cloud_state.find(tmp_path / "home") is None
    assert process.free_ports(1)


def test_start_that_is_interrupted_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C arrives when a server has started, and cloud.json does not name it yet."""
    start, children = process.start, list[process.Child]()
    sleeping = [sys.executable, "-c", "import time; time.sleep(600)"]

    def start_and_interrupt(name: str, _command: object, **options: Any) -> process.Child:
        children.append(start(name, sleeping, **options))
        signal.raise_signal(signal.SIGINT)
        return children[-1]

    monkeypatch.setattr(process, "start", start_and_interrupt)
    before = signal.getsignal(signal.SIGINT)
    interruption.install()
    interruption.ready()
    try:
        with pytest.raises(interruption.Interrupted):
            cloud.up(tmp_path / "home")
    finally:
        signal.signal(signal.SIGINT, before)

    assert children
    assert not any(each.identity.is_running() for each in children)
    assert not (tmp_path / "home" / "cloud.json").exists()
