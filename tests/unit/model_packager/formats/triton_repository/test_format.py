from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING, Any

import pytest

from model_packager.formats.archives import unpacked_file
from model_packager.formats.triton_repository.format import REPOSITORY, read_repository
from model_packager.inspection import Inspection, inspect_model
from model_packager.rejection import ModelRejected, Rejection, SpecRejected
from model_packager.sagemaker.triton_image import newest_release
from model_packager.spec.deploy_spec import DeploySpec, parse_deploy_spec
from tests.unit.model_packager.formats.archives.test_tar_members import packed
from tests.unit.model_packager.formats.triton_repository.repositories import CODE, torchscript

if TYPE_CHECKING:
    from collections.abc import Mapping

CAT = """
platform: "pytorch_libtorch" max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 3 ] label_filename: "labels.txt" } ]
"""
ENSEMBLE = """
platform: "ensemble" max_batch_size: 0
input { name: "a" data_type: TYPE_FP32 dims: [ -1, 3 ] }
output { name: "b" data_type: TYPE_FP32 dims: [ -1, 3 ] }
ensemble_scheduling { step [ {
  model_name: "cat" model_version: -1
  input_map { key: "x" value: "a" } output_map { key: "y" value: "b" }
} ] }
"""
MODEL = torchscript()
ONE: dict[str, str | bytes] = {
    "cat/config.pbtxt": CAT,
    "cat/labels.txt": "a",
    "cat/1/model.pt": MODEL,
    "README.md": "hello",
}
TWO: dict[str, str | bytes] = {
    **ONE,
    "dog/config.pbtxt": CAT,
    "dog/labels.txt": "a",
    "dog/1/model.pt": MODEL,
}
TOGETHER: dict[str, str | bytes] = {**TWO, "zoo/config.pbtxt": ENSEMBLE, "zoo/1/.keep": ""}
EXAMPLE = {"inputs": [{"name": "a", "dtype": "FP32", "dims": [-1, 3], "example_dims": [7, 3]}]}


def content(files: Mapping[str, str | bytes]) -> io.BytesIO:
    return io.BytesIO(
        packed({k: v.encode() if isinstance(v, str) else v for k, v in files.items()})
    )


def inspected(
    files: Mapping[str, str | bytes], name: str = "drop", spec: str | None = None, **more: Any
) -> Inspection:
    options = {"labels": None, "instance_type": "ml.g4dn.xlarge", "model_format": REPOSITORY} | more
    return inspect_model(content(files), name, spec=spec, release=newest_release(), **options)


def test_only_model_answers() -> None:
    found = inspected(ONE)
    assert found.default_model == "cat"
    assert found.config_pbtxt == CAT
    assert found.has_labels
    assert found.signature.max_batch_size == 8
    assert [(each.name, each.dims) for each in found.signature.inputs] == [("x", (3,))]
    assert [(each.name, each.dims) for each in found.signature.outputs] == [("y", (3,))]


def test_only_ensemble_answers() -> None:
    ready = read_repository(content(TOGETHER), "drop").ready_made
    assert ready is not None
    assert (ready.default_model, ready.has_labels) == ("zoo", False)


def test_model_called_as_the_drop_answers() -> None:
    assert inspected(TOGETHER, "dog").default_model == "dog"


def test_example_of_open_dims_comes_from_the_spec() -> None:
    found = read_repository(content(TOGETHER), "drop").signature(DeploySpec.model_validate(EXAMPLE))
    assert found.inputs[0].example_dims == (7, 3)


def test_fix_for_open_dims_is_a_spec_that_works() -> None:
    with pytest.raises(SpecRejected, match=r"variable dims \[-1, 3\]") as caught:
        inspected(TOGETHER)
    lines = caught.value.fix.partition("upload it:\n")[2].replace("SIZE", "5")
    assert parse_deploy_spec(lines, origin="the fix").inputs
    assert inspected(TOGETHER, spec=lines).signature.inputs[0].example_dims == (5, 3)


@pytest.mark.parametrize("name", ["x[0]", "yes", "1_0", "petal length (cm)", "it's {x}"])
def test_fix_for_an_unusual_name_works(name: str) -> None:
    config = ENSEMBLE.replace('"a"', f'"{name}"')
    files = {**TOGETHER, "zoo/config.pbtxt": config}
    with pytest.raises(SpecRejected, match="variable dims") as caught:
        inspected(files)
    lines = caught.value.fix.partition("upload it:\n")[2].replace("SIZE", "5")
    assert inspected(files, spec=lines).signature.inputs[0].name == name


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"config.pbtxt": CAT, "1/model.pt": ""}, "config.pbtxt at its root"),
        (
            {f"models/{name}": text for name, text in ONE.items()},
            "are not at the archive's root",
        ),
        ({"cat/1/model.bin": ""}, "not a Triton model repository"),
        (TWO, "the models cat, dog, and none is marked"),
        ({"cat/config.pbtxt": CAT}, "has no version"),
        (
            ONE | {"cat/config.pbtxt": "name: 'dog'" + CAT},
            "cat/config.pbtxt, line 1: .* is called 'dog'",
        ),
        (ONE | {"cat/config.pbtxt": "input ["}, "cat/config.pbtxt cannot be read"),
        (ONE | {"cat/config.pbtxt": "platform: 'pytorch_libtorch'"}, "declares no input"),
        (
            ONE | {"cat/config.pbtxt": CAT.replace("FP32", "UINT16")},
            "line 3: x has the type UINT16",
        ),
        (ONE | {"cat/config.pbtxt": CAT.replace("[ 3 ]", "[ 0 ]", 1)}, r"dims \[0\]"),
        (ONE | {"cat/config.pbtxt": CAT.replace("8", "-8")}, "line 2: max_batch_size is -8"),
        (ONE | {"zoo/config.pbtxt": ENSEMBLE.replace("cat", "cow"), "zoo/1/x": ""}, "a step cow"),
    ],
)
def test_invalid_repositories_are_rejected(files: Mapping[str, str | bytes], message: str) -> None:
    with pytest.raises(ModelRejected, match=message):
        inspected(files)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("max_batch_size: 4", "4 in deploy.yaml but 8 in"),
        ("instance_group: {count: 2}", "sets instance_group"),
        ("dynamic_batching: true", "sets dynamic_batching"),
        ("inputs: [{name: z, dtype: FP32, dims: [3]}]", "deploy.yaml names z"),
        ("inputs: [{name: x, dtype: FP32, dims: [5]}]", r"x is FP32 \[5\] in deploy.yaml"),
    ],
)
def test_spec_that_contradicts_the_config(spec: str, message: str) -> None:
    with pytest.raises(SpecRejected, match=message):
        inspected(ONE, spec=spec)


ALL_VERSIONS: dict[str, str | bytes] = {
    "m/config.pbtxt": 'backend: "python" version_policy { all { } } '
    "input { name: 'x' data_type: TYPE_FP32 dims: 4 } "
    "output { name: 'y' data_type: TYPE_FP32 dims: 3 }"
}


def test_code_that_takes_long_to_check_is_rejected() -> None:
    """A small archive can contain hundreds of versions with much code."""
    code = CODE + "#" * 200_000
    files: dict[str, str | bytes] = {f"m/{version}/model.py": code for version in range(1, 25)}
    with pytest.raises(ModelRejected, match="too much Python code to check"):
        read_repository(content(ALL_VERSIONS | files), "drop")


@pytest.mark.parametrize("spare", [-2_750_000, -1_500_000, -750_000])
def test_archive_that_takes_too_much_work_to_read_is_rejected(
    spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is reached in a check of the code, in the search for calls, or for packages."""
    monkeypatch.setattr(unpacked_file, "SPARE_BYTES", spare)
    between = random.Random(0).randbytes(3_000_000)
    files: dict[str, str | bytes] = {
        "m/1/model.py": CODE,
        "m/1/data": between,
        "m/2/model.py": CODE,
    }
    with pytest.raises(ModelRejected, match="cannot be read: reading its files takes too much"):
        read_repository(content(ALL_VERSIONS | files), "drop")


def test_labels_next_to_the_archive() -> None:
    with pytest.raises(SpecRejected, match=r"labels.txt next to a model repository"):
        inspected(ONE, labels=b"cat\n")


def test_another_file_is_not_an_archive() -> None:
    with pytest.raises(ModelRejected, match="not a valid archive of a model repository"):
        read_repository(io.BytesIO(b"PK\x03\x04"), "drop")


@pytest.mark.parametrize("filename", ["model.onnx", "model.graphdef", "model.xml"])
def test_folder_with_a_models_file_is_a_model_without_a_config(filename: str) -> None:
    with pytest.raises(Rejection) as caught:
        inspected({f"m/1/{filename}": "x"})
    assert "it is not a Triton model repository" not in str(caught.value)
