from __future__ import annotations

import io

import pytest

from model_packager.formats.python.format import PYTHON_MODEL, read_python_model
from model_packager.inspection import inspect_model
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.sagemaker.triton_image import newest_release
from model_packager.spec.deploy_spec import DeploySpec, parse_deploy_spec

CODE = b"class TritonPythonModel:\n    def execute(self, requests):\n        return []\n"
SPEC = """
inputs: [{name: a, dtype: FP32, dims: [-1, 2], example_dims: [3, 2]}]
outputs: [{name: b, dtype: INT64, dims: [1]}]
"""


@pytest.mark.parametrize(
    "code",
    [
        CODE,
        b"from elsewhere import Model as TritonPythonModel\n",
        b"class Model: pass\nTritonPythonModel = Model\n",
        b"class TritonPythonModel(Base): pass\n",
        b"# coding: latin-1\n# \xe9\n" + CODE,
    ],
)
def test_code_that_triton_could_serve(code: bytes) -> None:
    found = inspect_model(
        io.BytesIO(code),
        "echo",
        spec=SPEC,
        labels=None,
        instance_type="ml.m5.large",
        release=newest_release(),
        model_format=PYTHON_MODEL,
    )
    assert 'backend: "python"\n' in found.config_pbtxt
    assert found.signature.max_batch_size == 0
    assert found.signature.inputs[0].example_dims == (3, 2)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (b"", "no class TritonPythonModel"),
        (b"def execute(): pass\n", "no class TritonPythonModel"),
        (b"class TritonPythonModel:\n  x = 1\n", "no method `execute`"),
        (b"class :\n", r"not valid Python \(line 1"),
        (b"x = \0\n", "not valid Python"),
        (b"PK\x03\x04\xff\xff", "not valid Python"),
        (b"(" * 10_000, "not valid Python"),
        (b"1+" * 100_000 + b"1", "more than 60,000 names, numbers and signs"),
        (b"x = " + b"-" * 20_000 + b"1", "Modeldrop cannot read model.py"),
        (b"#" * 300_000, "more than 262,144 bytes"),
    ],
)
def test_other_files(code: bytes, message: str) -> None:
    with pytest.raises(ModelRejected, match=message):
        read_python_model(io.BytesIO(code), "echo")


def test_code_is_not_run() -> None:
    read_python_model(io.BytesIO(b"if True:\n    raise SystemExit\n" + CODE), "echo")


@pytest.mark.parametrize("left_out", ["inputs", "outputs"])
def test_fix_for_an_incomplete_spec_is_a_valid_spec(left_out: str) -> None:
    signature = read_python_model(io.BytesIO(CODE), "echo").signature
    fields = parse_deploy_spec(SPEC, origin="test").model_dump(exclude={left_out})
    with pytest.raises(SpecRejected, match=f"deploy.yaml has no {left_out}") as caught:
        signature(DeploySpec.model_validate(fields))
    lines = caught.value.fix.partition("upload it:\n")[2].replace("SIZE", "5, 5")
    assert signature(parse_deploy_spec(lines, origin="the fix")).inputs[0].dims == (5, 5)


def test_spec_with_open_dims_needs_example_dims() -> None:
    open_dims = {"inputs": [{"name": "a", "dtype": "FP32", "dims": [-1]}]}
    fields = parse_deploy_spec(SPEC, origin="test").model_dump() | open_dims
    with pytest.raises(SpecRejected, match=r"variable dims \[-1\]"):
        read_python_model(io.BytesIO(CODE), "echo").signature(DeploySpec.model_validate(fields))
