"""Client code: the supported models, and the escaping of external names."""

from __future__ import annotations

import ast
import io
import json
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_client.picture import picture_tensor
from model_client.sample_file import File
from model_packager.client_code.call import Call, takes_picture
from model_packager.client_code.languages import Language, client_code, languages
from model_packager.client_code.python import NUMPY
from model_packager.dtype import Dtype
from model_packager.signature import Signature, Tensor
from model_packager.spec.hosting_mode import HostingMode
from model_packager.spec.smoke_test_spec import Picture

PICTURES = Signature(
    inputs=(Tensor(name="INPUT__0", dtype=Dtype.FP32, dims=(3, 32, 32)),),
    outputs=(Tensor(name="OUTPUT__0", dtype=Dtype.FP32, dims=(10,)),),
    max_batch_size=8,
)
SMALL = Picture(resize=48, crop=32, interpolation="bicubic")
CALL = Call(
    "cat", "modeldrop-cat", "eu-west-1", "https://runtime.example", PICTURES, SMALL, has_labels=True
)
HOSTILE = (
    "it's",
    '"""\nimport os\n"""',
    "x\nrm -rf /",
    "$(touch pwned)",
    "`touch pwned`",
    "*/ process.exit(7) //",
    "\u2028process.exit(7)",
    "\\",
    "{0}",
    "%s",
    "\N{GRINNING FACE}",
    "",
    "0",
    "class",
    "body",
)


def of(*inputs: Tensor, outputs: tuple[str, ...] = ("y",)) -> Call:
    """Return the call of a model without a batch dimension."""
    made = tuple(Tensor(name=name, dtype=Dtype.FP32, dims=(-1,)) for name in outputs)
    signature = Signature(inputs=inputs, outputs=made, max_batch_size=0)
    return replace(CALL, signature=signature, picture=None, has_labels=False)


def test_every_element_type_has_a_numpy_type() -> None:
    assert {each: np.dtype(getattr(np, name)).name for each, name in NUMPY.items()}.keys() == set(
        Dtype
    )


def test_python_preprocesses_as_the_smoke_test_does(tmp_path: Path) -> None:
    file = tmp_path / "cat.png"
    noise = np.random.default_rng(1).integers(0, 255, (61, 97, 3), np.uint8)
    Image.fromarray(noise).save(file)
    code = client_code(CALL, Language.PYTHON)
    source = ast.parse(code)
    functions = [each for each in source.body if isinstance(each, ast.FunctionDef)]
    module = ast.Module([each for each in functions if each.name == "preprocess"], [])
    scope: dict[str, object] = {"Image": Image, "np": np}
    exec(compile(module, "<preprocess>", "exec"), scope)  # noqa: S102  # the code under test
    tensor = scope["preprocess"](file)  # type: ignore[operator]
    expected = picture_tensor(File("cat.png", file.read_bytes()), SMALL)
    np.testing.assert_array_equal(tensor, expected[np.newaxis])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_never_becomes_code(name: str, tmp_path: Path) -> None:
    inputs = (
        Tensor(name=name, dtype=Dtype.INT64, dims=(1,)),
        Tensor(name=f"{name}2", dtype=Dtype.BOOL, dims=(100,)),
    )
    call = of(*inputs, outputs=(name,))
    calls = [each for each in ast.walk(ast.parse(client_code(call, Language.PYTHON)))]
    assert {name, f"{name}2"} <= {each.value for each in calls if isinstance(each, ast.Constant)}
    request = client_code(call, Language.AWS_CLI).partition("aws sagemaker")[0]
    subprocess.run(["sh", "-e"], input=request, text=True, check=True, cwd=tmp_path)
    written = json.loads((tmp_path / "request.json").read_text())
    assert [each["name"] for each in written["inputs"]] == [name, f"{name}2"]
    assert written["inputs"][1]["data"] == [False] * 100
    assert [each.name for each in tmp_path.iterdir()] == ["request.json"]


def test_arguments_are_distinct_identifiers() -> None:
    inputs = [Tensor(name=name, dtype=Dtype.FP32, dims=(1,)) for name in HOSTILE]
    names = list(of(*inputs).arguments())
    assert len(set(names)) == len(HOSTILE)
    assert all(each.isascii() and each.isidentifier() for each in names)
    assert list(CALL.arguments()) == ["input_0"]


def test_half_precision_has_python_alone() -> None:
    call = of(Tensor(name="x", dtype=Dtype.FP16, dims=(4,)))
    assert languages(call) == (Language.PYTHON,)
    assert languages(CALL) == tuple(Language)


@pytest.mark.parametrize(
    ("dims", "sample", "expected"),
    [
        ((3, 32, 32), "sample/input.png", True),
        ((3, -1, -1), "sample/input.jpg", True),
        ((3, 32, 32), "sample/input.npy", False),
        ((3, 32, 32), None, False),
        ((1, 32, 32), "sample/input.png", False),
        ((2, 3, 32, 32), "sample/input.png", False),
    ],
)
def test_only_a_model_with_a_picture_as_its_sample_takes_pictures(
    dims: tuple[int, ...], sample: str | None, expected: bool
) -> None:
    signature = of(Tensor(name="x", dtype=Dtype.FP32, dims=dims)).signature
    assert takes_picture(signature, SMALL, sample) is expected


def test_shapes_are_written_for_people() -> None:
    code = client_code(CALL, Language.PYTHON)
    assert "# input_0: float32 [batch, 3, 32, 32], at most 8 in a batch\n" in code
    assert "# Output 'OUTPUT__0': float32 [batch, 10]\n" in code
    assert "https://runtime.example/endpoints/modeldrop-cat/invocations" in client_code(
        CALL, Language.CURL
    )


def test_text(tmp_path: Path) -> None:
    texts = Tensor(name="text", dtype=Dtype.STRING, dims=(40,))
    call = of(texts, Tensor(name="x", dtype=Dtype.FP32, dims=(1,)))
    python = client_code(call, Language.PYTHON)
    ast.parse(python)
    assert "'text': (text, 'BYTES', np.object_)," in python
    assert "np.full([40], 'text', np.object_), np.zeros([1], np.float32)" in python
    assert "# Replace the zeros and the text with your data." in python
    javascript = client_code(of(texts), Language.JAVASCRIPT)
    assert 'datatype: "BYTES"' in javascript
    assert 'new Array(40).fill("text")' in javascript
    assert "// Replace the text with your data." in javascript
    request = client_code(call, Language.CURL).partition("# The credentials")[0]
    subprocess.run(["sh", "-e"], input=request, text=True, check=True, cwd=tmp_path)
    written = json.loads((tmp_path / "request.json").read_text())
    assert written["inputs"][0] == {
        "name": "text",
        "shape": [40],
        "datatype": "BYTES",
        "data": ["text"] * 40,
    }


def test_programs_of_a_pool_look_up_the_live_version(tmp_path: Path) -> None:
    call = replace(
        CALL,
        hosting=HostingMode(mode="pool", pool="small"),
        artifact_bucket="artifacts",
        s3_url="https://s3.example/",
    )
    live = tmp_path / "live.json"
    live.write_text(
        '{"model":"cat","source":{"version_id":"v"},"version":"20260801T151224Z-3f9a1c2b"}'
    )
    expected = "cat/20260801T151224Z-3f9a1c2b.tar.gz"

    class Bucket:
        def get_object(self, Bucket: str, Key: str) -> dict[str, io.BytesIO]:  # noqa: N803
            assert (Bucket, Key) == ("artifacts", "cat/live.json")
            return {"Body": io.BytesIO(live.read_bytes())}

    code = client_code(call, Language.PYTHON)
    functions = [each for each in ast.parse(code).body if isinstance(each, ast.FunctionDef)]
    [found] = [each for each in functions if each.name == "target_model"]
    scope: dict[str, object] = {"json": json, "s3": Bucket()}
    exec(compile(ast.Module([found], []), "<target>", "exec"), scope)  # noqa: S102
    assert scope["target_model"]() == expected  # type: ignore[operator]
    assert "TargetModel=target_model()," in code

    curl = client_code(call, Language.CURL)
    assert "--fail-with-body https://s3.example/artifacts/cat/live.json)" in curl
    [line] = [each for each in curl.splitlines() if each.startswith("version=")]
    shell = f'live=$(cat live.json)\n{line}\necho "{call.target_model("$version")}"'
    ran = subprocess.run(["sh"], input=shell, text=True, capture_output=True, cwd=tmp_path)
    assert ran.stdout.strip() == expected
    assert all("TargetModel" not in client_code(CALL, each) for each in Language)


@pytest.mark.parametrize("mode", ["real_time", "async", "pool"])
def test_programs_explain_a_missing_endpoint(mode: str) -> None:
    call = replace(CALL, hosting=HostingMode.model_validate({"mode": mode, **POOLS.get(mode, {})}))
    causes, commands = call.not_in_service
    assert ("asleep" in causes) is (mode != "pool")  # a model in a pool does not sleep
    assert "modeldrop status cat" in commands
    for language in Language:
        code = client_code(call, language)
        assert causes in code
        assert commands in code
    missing = "Endpoint modeldrop-cat of account 123456789012 not found."
    assert shell_explains(call, missing) == [missing, causes, commands]
    assert shell_explains(call, "Endpoint modeldrop-cat\\n timed out") == [
        "Endpoint modeldrop-cat\\n timed out"
    ]


POOLS = {"pool": {"pool": "small"}}


def shell_explains(call: Call, error: str) -> list[str]:
    """Return the lines that the shell programs print for a SageMaker error."""
    code = client_code(call, Language.CURL)
    function = code[code.index("failed() {") : code.index("\n}\n", code.index("failed() {")) + 3]
    shell = f"{function}failed {shlex.quote(error)}"
    ran = subprocess.run(["sh", "-e"], input=shell, text=True, capture_output=True)
    assert ran.returncode == 1
    return ran.stderr.splitlines()


def test_asynchronous_endpoints_have_a_url_of_their_own() -> None:
    call = replace(CALL, hosting=HostingMode(mode="async"), artifact_bucket="artifacts")
    curl = client_code(call, Language.CURL)
    assert "https://runtime.example/endpoints/modeldrop-cat/async-invocations" in curl
