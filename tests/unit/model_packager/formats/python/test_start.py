"""Code that always fails at its start in Triton is rejected; code that may work is accepted."""

from __future__ import annotations

import ast

import pytest

from model_packager.formats.python.start import (
    failure_at_start,
    files_read_at_start,
    packages_at_start,
)
from model_packager.model_warnings import WarningCode
from model_packager.rejection import ModelRejected
from tests.unit.model_packager.formats.triton_repository.repositories import (
    PYTHON_CONFIG,
    archive,
    inspected,
    python_model,
)

CODE = """\
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent


class TritonPythonModel:
    def initialize(self, args):
        {initialize}

    def execute(self, requests):
        return [None for _ in requests]
"""


def code(initialize: str) -> str:
    return CODE.format(initialize=initialize.replace("\n", "\n        "))


ALWAYS = {
    code("raise NotImplementedError"): "always raises an exception",
    code("self.x = 1\nraise RuntimeError('no')"): "always raises an exception",
    code("os._exit(1)"): "always ends Triton's Python process",
    code("sys.exit()"): "always ends Triton's Python process",
    "raise SystemExit\n" + code("pass"): "always raises an exception",
    code("pass").replace("initialize(self, args)", "initialize(self)"): "different arguments",
    code("pass").replace("execute(self, requests)", "execute(self)"): "different arguments",
    code("pass").replace("execute(self, requests)", "execute(self, a, b)"): "different arguments",
    code("pass").replace("initialize(self, args)", "__init__(self, args)"): "different arguments",
    code("pass").replace("requests):", "requests, *, x):"): "different arguments",
}
PERHAPS = (
    code("if args:\n    raise RuntimeError"),
    code("try:\n    raise RuntimeError\nexcept RuntimeError:\n    pass"),
    code("return\nraise RuntimeError"),
    code("def fail():\n    raise RuntimeError"),
    code("pass").replace("initialize(self, args)", "initialize(self, *args)"),
    code("pass").replace("initialize(self, args)", "initialize(self, args=None, more=1)"),
    code("pass").replace("    def execute(self", "    @staticmethod\n    def execute(self"),
    code("pass").replace("    def execute", "    async def execute"),
    "if __name__ == '__main__':\n    raise SystemExit\n" + code("pass"),
)


@pytest.mark.parametrize("text", ALWAYS)
def test_code_that_always_fails_at_the_start(text: str) -> None:
    failure = failure_at_start(ast.parse(text))
    assert failure is not None
    assert ALWAYS[text] in failure.cause


@pytest.mark.parametrize("text", PERHAPS)
def test_code_that_may_start(text: str) -> None:
    assert failure_at_start(ast.parse(text)) is None


READS = (
    'open(args["model_repository"] + "/1/v.txt")',
    "open(args['model_repository'] + f\"/{args['model_version']}/v.txt\").read()",
    'self.v = open(os.path.join(args["model_repository"], args["model_version"], "v.txt")).read()',
    'path = os.path.join(args["model_repository"], "1")\nself.v = open(path + "/v.txt", "rb")',
    'with open(HERE / "v.txt") as file:\n    self.v = file.read()',
    'self.v = (Path(__file__).parent / "v.txt").read_text()',
    'self.v = Path(__file__).resolve().parent.joinpath("v.txt").read_bytes()',
    'self.v = HERE.joinpath("v.txt").open()',
    'self.v = np.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), "v.txt"))',
)
UNKNOWN = (
    'if args:\n    open(HERE / "v.txt")',
    'open("/etc/hostname")',
    "open(os.environ['FILE'])",
    'urlretrieve(URL, HERE / "v.txt")\nopen(HERE / "v.txt")',
    'open(HERE / "v.txt", "w")\nopen(HERE / "v.txt")',
    'path = HERE / "v.txt"\nfor path in found:\n    pass\nopen(path)',
    'self.v = open(HERE / "v.txt") if args else None',
    "open(HERE / name)",
)


@pytest.mark.parametrize("initialize", READS)
def test_file_that_the_code_always_reads(initialize: str) -> None:
    module = ast.parse(code(initialize))
    found = files_read_at_start(module, "/opt/ml/model/m/1/model.py", "1")
    assert list(found) == ["/opt/ml/model/m/1/v.txt"]


@pytest.mark.parametrize("initialize", UNKNOWN)
def test_file_that_the_code_may_not_read(initialize: str) -> None:
    assert files_read_at_start(ast.parse(code(initialize)), "/opt/ml/model/m/1/model.py", "1") == {}


def test_missing_file_of_a_repository() -> None:
    model = python_model(code=code(READS[0]))
    with pytest.raises(ModelRejected) as caught:
        inspected(archive({"m": model}))
    assert caught.value.cause == (
        "m/1/model.py, line 10: the code reads m/1/v.txt, but the archive has no such file."
    )
    assert inspected(archive({"m": {**model, "1/v.txt": ""}}))
    elsewhere = code('open(args["model_repository"] + "/../n/v.txt")')
    assert inspected(archive({"m": python_model(code=elsewhere), "n": {"v.txt": ""}}), "m")


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("import torch\n" + code("import os, transformers.models"), ["torch", "transformers"]),
        ("from PIL import Image\nimport numpy.linalg\n" + code("pass"), ["PIL"]),
        ("from . import own\nimport json\n" + code("pass"), []),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None\n" + code("pass"), []),
        ("import torch\n" + code("sys.path.append('/opt/packages')"), []),
        ("import torch\n" + code("subprocess.run(['pip', 'install', 'torch'])"), []),
    ],
)
def test_packages_that_the_code_always_imports(text: str, packages: list[str]) -> None:
    assert list(packages_at_start(ast.parse(text))) == packages


def test_package_that_the_image_may_not_have_has_a_warning() -> None:
    text = "import helper\nimport torch\n" + code("pass")
    model = {**python_model(code=text), "1/helper/__init__.py": ""}
    [warning] = inspected(archive({"m": model})).warnings
    assert warning.code is WarningCode.PACKAGE
    assert "m/1/model.py, line 2: the code imports torch" in warning.cause
    packed = (
        'parameters { key: "EXECUTION_ENV_PATH" '
        'value { string_value: "$$TRITON_MODEL_DIRECTORY/env.tar.gz" } }'
    )
    files = {**model, "config.pbtxt": PYTHON_CONFIG + packed, "env.tar.gz": ""}
    assert inspected(archive({"m": files})).warnings == ()
