"""`pipx install .` installs the whole command, without the functions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import torchscript_files
from tests.consistency.asl import ROOT
from tests.consistency.import_statements import imported

if TYPE_CHECKING:
    from email.message import Message

pytestmark = pytest.mark.slow  # it builds the wheel, and starts processes
PACKAGES = ("model_client", "model_packager", "modeldrop")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

ON_REQUEST = {  # the packages of extras, and the only modules that import them
    "torch": ("model_packager/exporter/", "modeldrop/model_run/torchscript_runner.py"),
    "torchvision": ("model_packager/exporter/",),
    "onnxruntime": ("modeldrop/local/", "model_client/cpu_test/onnx_engine.py"),
    "starlette": ("modeldrop/local/sagemaker/",),
    "uvicorn": ("modeldrop/local/sagemaker/",),
    "mlflow": ("modeldrop/api/registered_model.py",),
}
IN_A_NOTEBOOK = {"IPython": ("modeldrop/api/notebook.py",)}
"""The packages that a notebook has already imported."""

BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"

WITHOUT_EXTRAS = """
import sys

sys.path.insert(0, sys.argv[1])
for name in sys.argv[2].split():
    sys.modules[name] = None  # importing it fails as where it is not installed
sys.argv[1:] = sys.argv[3:]
from modeldrop.command.main import main

main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    built = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-c", BUILD, str(built)], cwd=source, check=True, capture_output=True
    )
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def metadata(unpacked: Path) -> Message:
    return message_from_bytes(next(unpacked.glob("*.dist-info/METADATA")).read_bytes())


def test_every_package_and_data_file_is_there(unpacked: Path) -> None:
    ours = {
        file.relative_to(ROOT)
        for package in PACKAGES
        for ending in ("*.py", "*.json", "*.yaml")
        for file in (ROOT / package).rglob(ending)
    }
    there = {file.relative_to(unpacked) for file in unpacked.rglob("*") if file.is_file()}
    assert {file for file in there if ".dist-info" not in file.parts[0]} == ours


def test_the_template_is_the_one_that_is_deployed(unpacked: Path) -> None:
    inside = unpacked / "modeldrop" / "stack" / "template.yaml"
    assert inside.read_bytes() == (ROOT / "template.yaml").read_bytes()


def test_package_imports_what_it_declares_and_no_functions(unpacked: Path) -> None:
    folders = {each.name for each in (ROOT / "functions").iterdir() if each.is_dir()}
    distributions = packages_distributions()
    extras = PROJECT["optional-dependencies"]
    declared = [*PROJECT["dependencies"], *extras["export"], *extras["local"], *extras["mlflow"]]
    names = {re.split(r"[\[=<>~]", each)[0].lower() for each in declared}
    known = {*sys.stdlib_module_names, *PACKAGES, *IN_A_NOTEBOOK, "botocore", "pydantic_core"}
    for file in unpacked.rglob("*.py"):
        if "triton_backends" in file.parts or file.parent.name == "in_process":
            continue  # run by Triton's Python, and by MiniStack's
        for module in imported(file) - known:
            assert module not in folders, f"{file} imports {module} of functions/"
            brought_by = {each.lower() for each in distributions.get(module, [])}
            assert brought_by & names, f"{file} imports {module}, which no dependency brings"


def test_packages_of_an_extra_are_imported_only_in_declared_modules(unpacked: Path) -> None:
    optional = ON_REQUEST | IN_A_NOTEBOOK
    for file in unpacked.rglob("*.py"):
        where = file.relative_to(unpacked).as_posix()
        for module in imported(file) & optional.keys():
            allowed = (*optional[module], "modeldrop/local/sagemaker/triton_backends/")
            assert where.startswith(allowed), f"{where} imports {module}"


def test_a_plain_installation_brings_no_pytorch_and_no_server(metadata: Message) -> None:
    plain = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]
    names = {re.split(r"[\[=<>~ ]", each)[0] for each in plain}
    assert {"boto3", "typer"} <= names
    assert not names & ON_REQUEST.keys()


def test_metadata_describes_the_package(metadata: Message) -> None:
    assert metadata["Name"] == "modeldrop"
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Summary"] == PROJECT["description"]
    assert "Programming Language :: Python :: 3.11" in metadata.get_all("Classifier", [])


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (("inspect", "model.pt"), 0, "is valid"),
        (("plan", "model.pt", "--permissions"), 0, "DeployModelStateMachine"),
        (("package", "model.pt", "-o", "model.tar.gz"), 0, "model.tar.gz"),
        (("history", "resnet"), 2, "No AWS Region is set"),
        (("export", "resnet18"), 2, "pipx install --force '.[export]'"),
        (("local", "up"), 2, "functions of a Modeldrop checkout"),
        (("demo",), 2, "functions of a Modeldrop checkout"),
    ],
)
def test_it_works_without_the_extras(
    command: tuple[str, ...], code: int, message: str, unpacked: Path, tmp_path: Path
) -> None:
    shutil.copy(torchscript_files.LINEAR, tmp_path / "model.pt")
    absent = " ".join([*ON_REQUEST, *IN_A_NOTEBOOK, "aws_lambda_powertools"])
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, str(unpacked), absent, *command],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert message in done.stderr


def test_dependencies_are_ranges_that_end_before_the_next_major_version() -> None:
    extras = PROJECT["optional-dependencies"]
    for line in [*PROJECT["dependencies"], *extras["export"], *extras["local"]]:
        if not line.startswith("modeldrop["):
            assert re.fullmatch(r"[\w.-]+(\[\w+\])?>=[\d.]+,<\d+", line), line
