from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from model_client.errors import InvalidTensor
from model_packager.dtype import Dtype
from model_packager.rejection import ModelRejected
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from modeldrop.dropping.drop import (
    Drop,
    check,
    check_sample,
    model_file,
    model_name_for,
    object_name,
    put,
    with_sibling_files,
)
from modeldrop.errors import UsageError
from tests import onnx_models

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_s3 import S3Client

BUCKET = "drops"
SIGNATURE = Signature(
    inputs=(Tensor(name="x", dtype=Dtype.FP32, dims=(3,)),),
    outputs=(Tensor(name="y", dtype=Dtype.FP32, dims=(2,)),),
    max_batch_size=8,
)


@pytest.fixture
def s3(session: Session) -> S3Client:
    client = session.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    folder = tmp_path / "sample"
    (folder / "notes").mkdir(parents=True)
    (folder / "input.png").write_bytes(b"picture")
    (folder / "expected.json").write_bytes(b"{}")
    return folder


def keys(s3: S3Client) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_folder_stands_for_the_model_file_in_it(model: Path) -> None:
    assert model_file(model.parent) == model
    assert model_name_for(model_file(model.parent)) == "resnet"
    assert model_file(model.with_name("gone.pt")) == model.with_name("gone.pt")
    model.with_name("model.onnx").touch()
    with pytest.raises(UsageError, match=r"several model files: model\.pt, model\.onnx\."):
        model_file(model.parent)
    with pytest.raises(UsageError, match=r"has no model file\. Name it one of model\.pt, "):
        model_file(model.parent.parent)


@pytest.mark.parametrize("prefix", ["teams/vision", "/teams/vision/"])
def test_prefix_is_part_of_the_key(model: Path, prefix: str) -> None:
    drop = with_sibling_files(Drop("resnet", model, prefix=prefix))
    assert drop.key == "teams/vision/resnet/model.pt"


def test_whole_drop_is_fine(model: Path, sample: Path) -> None:
    check(Drop("resnet", model, sample=sample))


@pytest.mark.parametrize(
    ("file", "object_of_it", "name"),
    [
        ("resnet18.pt", "model.pt", "resnet18"),
        ("resnet18.pth", "model.pt", "resnet18"),
        ("resnet18", "model.pt", "resnet18"),
        ("cat/model.pt", "model.pt", "cat"),
        ("cat.onnx", "model.onnx", "cat"),
        ("cat/model.onnx", "model.onnx", "cat"),
        ("cat.tar.gz", "model.tar.gz", "cat"),
        ("cat.savedmodel.tar.gz", "model.savedmodel.tar.gz", "cat"),
        ("cat/model.savedmodel.tar.gz", "model.savedmodel.tar.gz", "cat"),
        ("cat.v2.plan", "model.plan", "cat.v2"),
    ],
)
def test_ending_of_a_file_tells_its_format(file: str, object_of_it: str, name: str) -> None:
    assert object_name(Path(file)) == object_of_it
    assert model_name_for(Path(file)) == name


@pytest.mark.parametrize("part", ["model", "spec"])
def test_missing_file_is_a_usage_error(model: Path, part: str) -> None:
    gone = model.parent / "gone"
    drop = Drop("resnet", gone) if part == "model" else Drop("resnet", model, spec=gone)
    with pytest.raises(UsageError, match=f"No such file: {gone}"):
        check(drop)


def test_labels_go_next_to_the_model(s3: S3Client, model: Path, tmp_path: Path) -> None:
    labels, sent = tmp_path / "imagenet.txt", list[int]()
    labels.write_text("cat\n")
    drop = Drop("resnet", model, labels=labels)
    put(s3, BUCKET, drop, sent.append)
    assert keys(s3) == ["resnet/labels.txt", "resnet/model.pt"]
    assert sum(sent) == drop.size == model.stat().st_size + 4
    with pytest.raises(UsageError, match="No such file"):
        check(Drop("resnet", model, labels=tmp_path / "gone.txt"))


def test_files_next_to_the_model_are_uploaded(model: Path, tmp_path: Path) -> None:
    alone = Drop("resnet", model)
    assert with_sibling_files(alone) == alone
    model.with_name("deploy.yaml").write_text("max_batch_size: 1")
    model.with_name("labels.txt").write_text("cat")
    model.with_name("sample").mkdir()
    model.with_name("sample").joinpath("input.npy").write_bytes(b"array")
    found = with_sibling_files(alone)
    assert sorted(found.files) == ["deploy.yaml", "labels.txt", "sample/input.npy"]
    own = Drop("resnet", model, tmp_path / "a.yaml", tmp_path / "sample", tmp_path / "a.txt")
    assert with_sibling_files(own) == own


def test_weights_are_uploaded_before_their_model(s3: S3Client, tmp_path: Path) -> None:
    file, weights = tmp_path / "resnet.onnx", tmp_path / "resnet.onnx.data"
    proto = onnx_models.with_external_weights(onnx_models.linear(), weights.name)
    file.write_bytes(proto.SerializeToString())
    assert list(with_sibling_files(Drop("resnet", file)).files) == []
    weights.write_bytes(bytes(48))
    put(s3, BUCKET, with_sibling_files(Drop("resnet", file)))
    uploaded = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [each["Key"] for each in uploaded] == ["resnet/model.onnx", "resnet/resnet.onnx.data"]
    assert uploaded[1]["Size"] == 48


def test_order_of_the_uploads(s3: S3Client, tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    proto = onnx_models.with_external_weights(onnx_models.linear())
    file.write_bytes(proto.SerializeToString())
    file.with_name("model.onnx.data").write_bytes(bytes(48))

    def completing() -> None:
        assert keys(s3) == ["resnet/model.onnx.data"]

    put(s3, BUCKET, with_sibling_files(Drop("resnet", file)), completing=completing)


def test_expected_output_without_an_input_is_refused(model: Path, sample: Path) -> None:
    (sample / "input.png").unlink()
    with pytest.raises(ModelRejected, match=r"contains expected.json, but no input"):
        check_sample(Drop("resnet", model, sample=sample), SIGNATURE, DeploySpec())


@pytest.mark.parametrize(
    ("shape", "dtype", "fits"),
    [((1, 3), "f4", True), ((3,), "f8", True), ((1, 4), "f4", False), ((1, 3), "c8", False)],
)
def test_input_of_the_sample_fits_the_model(
    tmp_path: Path, model: Path, shape: tuple[int, ...], dtype: str, *, fits: bool
) -> None:
    sample = tmp_path / "own-sample"
    sample.mkdir()
    np.save(sample / "input.npy", np.ones(shape, dtype))
    refused = pytest.raises(InvalidTensor, match="the model takes FP32")
    with nullcontext() if fits else refused:
        check_sample(Drop("resnet", model, sample=sample), SIGNATURE, DeploySpec())


@pytest.mark.parametrize(("size", "fits"), [(1_572_000, True), (1_572_864, False)])
def test_random_request_has_to_fit_as_a_whole(model: Path, size: int, *, fits: bool) -> None:
    """The larger request has 6 MiB of numbers, as many as SageMaker accepts, and also text."""
    signature = SIGNATURE.model_copy(
        update={"inputs": (Tensor(name="x", dtype=Dtype.FP32, dims=(size,)),)}
    )
    refused = pytest.raises(InvalidTensor, match=r"has 6,291,\d{3} bytes, but at most 6,291,456")
    with nullcontext() if fits else refused:
        check_sample(Drop("resnet", model), signature, DeploySpec())


def test_sample_is_a_folder(model: Path) -> None:
    with pytest.raises(UsageError, match="takes a folder"):
        check(Drop("resnet", model, sample=model))


def test_model_comes_last(s3: S3Client, model: Path, sample: Path) -> None:
    order: list[str] = []

    def note(params: dict[str, str], **_: object) -> None:
        order.append(params["Key"])

    s3.meta.events.register("provide-client-params.s3.PutObject", note)
    spec = model.parent / "my-spec.yaml"
    spec.write_text("max_batch_size: 1")
    put(s3, BUCKET, Drop("resnet", model, spec, sample))
    assert sorted(order[:-1]) == [
        "resnet/deploy.yaml",
        "resnet/sample/expected.json",
        "resnet/sample/input.png",
    ]
    assert order[-1] == "resnet/model.pt"
    stored = s3.get_object(Bucket=BUCKET, Key="resnet/deploy.yaml")["Body"].read()
    assert stored == b"max_batch_size: 1"


def test_drop_is_identified_by_the_response_of_s3(s3: S3Client, model: Path) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    dropped = put(s3, BUCKET, Drop("resnet", model))
    head = s3.head_object(Bucket=BUCKET, Key="resnet/model.pt")
    assert (dropped.bucket, dropped.key) == (BUCKET, "resnet/model.pt")
    assert f'"{dropped.etag}"' == head["ETag"]
    assert dropped.version_id == head["VersionId"]


def test_bucket_without_versions(s3: S3Client, model: Path) -> None:
    assert put(s3, BUCKET, Drop("resnet", model)).version_id is None


def test_sidecars_of_an_earlier_drop_are_removed(s3: S3Client, model: Path, sample: Path) -> None:
    for name in ("deploy.yaml", "labels.txt", "sample/input.npy", "sample/expected.json"):
        s3.put_object(Bucket=BUCKET, Key=f"resnet/{name}", Body=b"old")
    put(s3, BUCKET, Drop("resnet", model, sample=sample))
    assert keys(s3) == [
        "resnet/model.pt",
        "resnet/sample/expected.json",
        "resnet/sample/input.png",
    ]


def test_nothing_else_is_removed(s3: S3Client, model: Path) -> None:
    others = [
        "resnet-50/deploy.yaml",
        "resnet/18/deploy.yaml",
        "resnet/18/model.pt",
        "resnet/18/sample/input.png",
        "resnet/README.md",
        "resnet/sample/model.pt",
    ]
    for key in others:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"kept")
    put(s3, BUCKET, Drop("resnet", model))
    assert keys(s3) == sorted([*others, "resnet/model.pt"])
