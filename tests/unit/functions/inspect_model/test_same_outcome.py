"""The command and the pipeline use the same code, so they accept the same drops."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_client.preparation import prepare
from model_packager.names.artifact import artifact_prefix
from model_packager.rejection import Rejection
from modeldrop.dropping.offline_inspection import inspect_file
from package_model.sample import keep_sample
from smoke_test.sample import read_sample
from tests.unit.functions.samples import ARTIFACTS, DROPS
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from model_packager.stored import Source
    from workflow.contracts.deploy_model import InspectModelOutput

    Put = Callable[..., Source]
    Inspect = Callable[..., InspectModelOutput]


def npy(*shape: int, dtype: str = "f4") -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(shape, dtype))
    return file.getvalue()


SPECS = st.sampled_from(
    [
        None,
        b"",
        b"max_batch_size: 4",
        b"max_batch_size: !!int x",
        b"\xff",
        b"tags: {a: b}  # " + b"x" * 65_000,
        b"tags: {a: b}  # " + b"x" * 66_000,
        b"tags: {a: b}  # " + b"x" * 300_000,
        b"smoke_test: {request_format: json}",
        b"smoke_test: {tolerances: {z: {rtol: 1}}}",
        b"smoke_test: {picture: {crop: 700, resize: 700}}",
        b"model_warmup: {batch_sizes: [" + b"1," * 40 + b"1]}",
        b"inputs: [{name: x, dtype: FP32, dims: [-1, 3], example_dims: [2, 3]}]",
        b"inputs: [{name: x, dtype: FP32, dims: [3000000]}]",
    ]
)
LABELS = st.sampled_from([None, b"cat\n", b"x" * 4 * 1024**2, b"x" * (4 * 1024**2 + 1)])
FILES = {
    "input.npy": [npy(3), npy(1, 3), npy(3, dtype="f8"), npy(4), npy(700_000, 3), b"no array"],
    "expected.npy": [npy(2), npy(1, 2), npy(3), npy(2, dtype="S1"), b""],
    "expected.json": [b'{"top_class": 1}', b'{"top_class": -1}', b"{}", b" " * (1024**2 + 1)],
    "input.gif": [b""],
}
SAMPLES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(each) for name, each in FILES.items()}
)


def offline(folder: Path, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    try:
        inspect_file(folder / "model.pt", None, folder.name)
    except Rejection as rejection:
        return rejection.cause
    return "accepted"


def in_the_pipeline(put: Put, inspect: Inspect, model: str, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        if name != "model.pt":
            put(content, f"{model}/{name}")
    source = put(files["model.pt"], f"{model}/model.pt")
    try:
        output = inspect(source)
        prefix = artifact_prefix(model, output.deployment.version)
        keep_sample(source, output.sample, ARTIFACTS, prefix)
        sample = read_sample(ARTIFACTS, prefix)
        servable = output.servable
        prepare(sample.input, sample.expected, servable.signature, servable.spec.smoke_test)
    except Rejection as rejection:
        return rejection.cause
    assert len(json.dumps(output.model_dump(mode="json"))) < 200 * 1024
    return "accepted"


@pytest.mark.slow
@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(spec=SPECS, labels=LABELS, sample=SAMPLES)
def test_both_accept_or_reject_for_the_same_reason(
    put: Put,
    inspect: Inspect,
    traced_model: bytes,
    tmp_path_factory: pytest.TempPathFactory,
    spec: bytes | None,
    labels: bytes | None,
    sample: dict[str, bytes],
) -> None:
    folder = tmp_path_factory.mktemp("drop")
    files = {"model.pt": traced_model, **{f"sample/{name}": sample[name] for name in sample}}
    files |= {"deploy.yaml": spec} if spec is not None else {}
    files |= {"labels.txt": labels} if labels is not None else {}
    assert offline(folder, files) == in_the_pipeline(put, inspect, folder.name, files)
    for listed in s3().list_objects_v2(Bucket=DROPS).get("Contents", []):
        s3().delete_object(Bucket=DROPS, Key=listed["Key"])
