"""Runs the builds of `sam build` with tools like those of macOS, and with busybox.

The layers install one small wheel instead of their packages, so that nothing is downloaded.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from modeldrop.local import tools
from tests.bsd_tools import bsd_tools, busybox_tools
from tests.consistency.asl import RESOURCES, ROOT

pytestmark = pytest.mark.slow

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
SOURCES = ("template.yaml", "layers", "functions", "model_packager", "model_client")
CONTENT = {
    "ModelPackagerLayer": "model_packager",
    "SmokeTestLayer": "model_client",
    "OnnxRuntimeLayer": "layers/onnx_runtime",
    "ReportLayer": "layers/report",
    "InspectModelFunction": "functions",
}
BUSYBOX = shutil.which("busybox")


def wheel(folder: Path, version: str) -> Path:
    """Return a wheel that resembles botocore, with all files that the build removes."""
    file = folder / f"small-{version}-py3-none-any.whl"
    metadata = f"small-{version}.dist-info"
    files = {
        "botocore/__init__.py": f"version = '{version}'\n",
        "botocore/data/s3/service.json": "{}",
        "botocore/data/ec2/service.json": "{}",
        "botocore/data/endpoints.json": "{}",
        "botocore/tests/test_it.py": "",
        "botocore/stub.pyi": "",
        "botocore/fast.c": "",
        f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: small\nVersion: {version}\n",
        f"{metadata}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{metadata}/RECORD": "",
    }
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file


def require(project: Path, version: str) -> None:
    file = wheel(project, version)
    for folder in set(CONTENT.values()) - {"functions"}:
        (project / folder / "requirements.txt").write_text(f"small @ {file.as_uri()}\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the files that the builds read."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name)
        else:
            shutil.copy2(ROOT / name, copy)
    (copy / ".venv").symlink_to(sys.prefix)
    require(copy, "1.0")
    return copy


@pytest.fixture(
    params=[
        "bsd",
        pytest.param(
            "busybox",
            marks=pytest.mark.skipif(BUSYBOX is None, reason="busybox is not installed"),
        ),
    ]
)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A PATH with BSD-like tools or with busybox."""
    if request.param == "bsd":
        return bsd_tools(tmp_path / "bin")
    assert BUSYBOX is not None
    listed = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True)
    return busybox_tools(tmp_path / "bin", Path(BUSYBOX), listed.stdout.split())


def make(project: Path, path: Path, resource: str, tmp_path: Path) -> Path:
    """Run a build like SAM (aws_lambda_builders, custom_make). Return the artifacts' folder."""
    scratch, artifacts = tmp_path / "scratch", tmp_path / "artifacts"
    shutil.copytree(project / CONTENT[resource], scratch)
    artifacts.mkdir()
    makefile = scratch / "Makefile"
    if resource.endswith("Layer"):
        makefile = project / "layers" / RUNTIME / "Makefile"
    # A variable on the command line overrides .SHELLFLAGS, which make 3.81 of macOS ignores.
    command = ["make", "--makefile", str(makefile), f"build-{resource}", ".SHELLFLAGS=-c"]
    built = subprocess.run(
        command,
        cwd=scratch,
        env={"PATH": str(path), "ARTIFACTS_DIR": str(artifacts), **_pip(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "illegal option" not in built.stderr
    assert "not found" not in built.stderr
    return artifacts


def _pip(home: Path) -> Mapping[str, str]:
    return {"HOME": str(home), "LC_ALL": "C.UTF-8", "PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1"}


@pytest.mark.parametrize("resource", CONTENT)
def test_build_runs_with_tools_of_other_systems(
    project: Path, path: Path, resource: str, tmp_path: Path
) -> None:
    artifacts = make(project, path, resource, tmp_path)

    names = {str(each.relative_to(artifacts)) for each in artifacts.rglob("*") if each.is_file()}
    assert "Makefile" not in names
    assert not any("requirements.txt" in name for name in names)
    if resource == "InspectModelFunction":
        assert "inspect_model/handler.py" in names
        return
    botocore = {name for name in names if name.startswith("python/botocore/")}
    assert {name for name in botocore if "__pycache__" not in name} == {
        "python/botocore/__init__.py",
        "python/botocore/data/s3/service.json",
        "python/botocore/data/endpoints.json",
    }
    assert any(name.endswith(".pyc") for name in botocore)
    own = CONTENT[resource]
    assert own.startswith("layers/") or f"python/{own}/__init__.py" in names
    # No temporary folder is left.
    assert not list((project / ".aws-sam" / "layers").glob("*.??????"))


def test_every_build_is_run() -> None:
    layers = {
        name for name, each in RESOURCES.items() if each["Type"] == "AWS::Serverless::LayerVersion"
    }
    assert {name for name in CONTENT if name.endswith("Layer")} == layers


def test_a_failing_command_fails_the_build(project: Path, tmp_path: Path) -> None:
    """The build fails even though make 3.81 does not pass -e to the shell."""
    (project / "layers/report/requirements.txt").write_text("missing-package\n")

    with pytest.raises(AssertionError, match="No matching distribution"):
        make(project, bsd_tools(tmp_path / "bin"), "ReportLayer", tmp_path)


def test_changed_requirements_rebuild_a_cached_layer(project: Path, tmp_path: Path) -> None:
    """Both SAM's cache (`sam build --cached`) and our cache under .aws-sam rebuild it."""
    tool = bsd_tools(tmp_path / "bin")
    built = project / ".aws-sam/build/ReportLayer/python/botocore/__init__.py"
    for version in ("1.0", "2.0"):
        require(project, version)
        ran = subprocess.run(
            [
                tools.sam().require(),
                "build",
                "ReportLayer",
                "--cached",
                "--parameter-overrides",
                f"PythonRuntime={RUNTIME}",
            ],
            cwd=project,
            env={
                "PATH": str(tool),
                "SAM_CLI_TELEMETRY": "0",
                "AWS_DEFAULT_REGION": "us-east-1",
                **_pip(tmp_path),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert built.read_text() == f"version = '{version}'\n"


def test_bsd_tools_refuse_gnu_options(tmp_path: Path) -> None:
    folder = bsd_tools(tmp_path / "bin")
    for command in ("mv -T a b", "cp --parents a b", "sed -i s/a/b/ c", "find . -printf x"):
        ran = subprocess.run(
            ["sh", "-c", command], env={"PATH": str(folder)}, capture_output=True, check=False
        )
        assert ran.returncode != 0
        assert b"illegal option" in ran.stderr or b"unknown primary" in ran.stderr
    assert not (folder / "sha256sum").exists()
