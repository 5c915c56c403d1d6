from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.executions.upload_metadata import upload_metadata
from model_packager.rejection import ModelRejected, SpecRejected
from tests import onnx_models
from tests.unit.functions.deployment_records import record
from tests.unit.functions.emitted import logged
from tests.unit.functions.samples import (
    ACCOUNT,
    ARTIFACTS,
    DROPS,
    EXECUTION,
    OLDER,
    OTHER_EXECUTION,
    REGION,
    source,
)
from tests.unit.functions.workflow.pool.test_membership import put_live
from workflow.aws.clients import s3
from workflow.contracts.deploy_model import InspectModelOutput, Sidecar
from workflow.errors import DuplicateDrop, SourceChanged
from workflow.versions.deployment_record import write_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source

    Put = Callable[..., Source]
    Inspect = Callable[..., InspectModelOutput]


COMMIT = "9b1dcf4a6c2e01f27f7f0c3c2b4a5d6e7f809112"


def claims() -> list[str]:
    found = s3().list_objects_v2(Bucket=ARTIFACTS, Prefix="resnet/").get("Contents", [])
    return [each["Key"] for each in found]


def dropped_by_ann(content: bytes) -> Source:
    """Put a model like `modeldrop drop`, and return the source as in the first state."""
    metadata = upload_metadata(f"arn:aws:iam::{ACCOUNT}:user/ann", COMMIT)
    put = s3().put_object(Bucket=DROPS, Key="resnet/model.pt", Body=content, Metadata=metadata)
    return source(put["ETag"]).model_copy(update={"dropped_by": ACCOUNT})


@pytest.mark.parametrize(("redeploying", "who"), [(False, "user/ann"), (True, ACCOUNT)])
def test_uploader_and_commit_come_from_the_metadata(
    traced_model: bytes, inspect: Inspect, buckets: None, *, redeploying: bool, who: str
) -> None:
    """Different people may upload the deploy.yaml and the model."""
    known = inspect(dropped_by_ann(traced_model), redeploying=redeploying).source
    assert (known.dropped_by, known.git_commit) == (who, COMMIT)


def test_traced_model_has_everything_that_later_states_need(
    put: Put, inspect: Inspect, traced_model: bytes
) -> None:
    found = inspect(put(traced_model, "team/resnet/model.pt"))
    assert found.deployment.model == "resnet"
    assert found.deployment.endpoint == "modeldrop-resnet"
    assert found.deployment.execution_arn == EXECUTION
    assert found.deployment.version.startswith("20260801T151224Z-")
    assert found.deployment.number == 1
    assert [(each.name, each.dims) for each in found.servable.signature.inputs] == [
        ("INPUT__0", (3,))
    ]
    assert found.servable.signature.max_batch_size == 8
    assert 'name: "resnet"' in found.servable.config_pbtxt
    assert (
        f"{REGION}.amazonaws.com/sagemaker-tritonserver:26.05-py3" in found.servable.hosting.image
    )
    assert found.servable.hosting.tags == {"team": "vision"}
    assert not found.servable.has_labels
    assert claims() == [f"resnet/{found.deployment.version}/claim.json"]


def test_log_lines_contain_the_version_as_soon_as_it_is_known(
    put: Put, inspect: Inspect, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModelRejected):
        inspect(put(b"no model"))
    (line,) = logged(caplog)
    assert line["message"] == "Inspect Model failed"
    assert line["version"].startswith("20260801T151224Z-")
    assert (line["model"], line["endpoint"]) == ("resnet", "modeldrop-resnet")


def test_second_call_of_the_same_execution_returns_the_same(
    put: Put, inspect: Inspect, traced_model: bytes
) -> None:
    source = put(traced_model)
    assert inspect(source) == inspect(source)


def test_same_event_for_another_execution_is_a_duplicate(
    put: Put, inspect: Inspect, traced_model: bytes
) -> None:
    source = put(traced_model)
    inspect(source)
    with pytest.raises(DuplicateDrop, match=EXECUTION):
        inspect(source, OTHER_EXECUTION)


def test_same_file_dropped_twice_within_a_second_is_two_versions(
    put: Put, inspect: Inspect, traced_model: bytes
) -> None:
    """The same file is dropped before and after another file.

    The third drop is not a duplicate of the first.
    """
    source = put(traced_model)
    first, third = inspect(source, sequencer="A1"), inspect(source, OTHER_EXECUTION, "A3")
    assert first.deployment.version != third.deployment.version
    assert first.deployment.content == third.deployment.content
    with pytest.raises(DuplicateDrop, match=EXECUTION):
        inspect(source, OTHER_EXECUTION, "A1")


def test_spec_is_part_of_the_version(put: Put, inspect: Inspect, traced_model: bytes) -> None:
    source = put(traced_model)
    before = inspect(source)
    put(b"max_batch_size: 2", "resnet/deploy.yaml")
    after = inspect(source, OTHER_EXECUTION)
    assert after.servable.signature.max_batch_size == 2
    assert after.deployment.version != before.deployment.version


@pytest.mark.parametrize("sidecar", [None, b"cat\ndog\n"])
def test_labels_inside_or_next_to_the_model(
    put: Put, inspect: Inspect, traced_model: bytes, model_with_labels: bytes, sidecar: bytes | None
) -> None:
    if sidecar:
        put(sidecar, "resnet/labels.txt")
    found = inspect(put(traced_model if sidecar else model_with_labels))
    assert found.servable.has_labels
    assert 'label_filename: "labels.txt"' in found.servable.config_pbtxt


def test_weights_next_to_the_model(put: Put, inspect: Inspect) -> None:
    model = onnx_models.content(onnx_models.linear())
    assert inspect(put(model, "resnet/model.onnx")).weights == ()
    proto = onnx_models.with_external_weights(onnx_models.linear())
    source = put(proto.SerializeToString(), "resnet/model.onnx")
    with pytest.raises(ModelRejected, match=r"from the file model\.onnx\.data"):
        inspect(source, OTHER_EXECUTION)
    weights = put(bytes(48), "resnet/model.onnx.data")
    found = inspect(source, OTHER_EXECUTION)
    assert found.weights == (Sidecar(name="model.onnx.data", etag=weights.etag),)
    put(bytes(47), "resnet/model.onnx.data")
    with pytest.raises(ModelRejected, match="has 47 bytes"):
        inspect(source, OTHER_EXECUTION)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"<html>404</html>", "resnet/model.pt"),
        (b"", "resnet/model.pt"),
        (b"anything", "no good name/model.pt"),
    ],
)
def test_rejected_model_claims_nothing(
    put: Put, inspect: Inspect, content: bytes, key: str
) -> None:
    with pytest.raises(ModelRejected):
        inspect(put(content, key))
    assert claims() == []


def test_truncated_model_is_rejected(put: Put, inspect: Inspect, large_model: bytes) -> None:
    with pytest.raises(ModelRejected):
        inspect(put(large_model[: len(large_model) // 2]))


def test_broken_spec_is_rejected(put: Put, inspect: Inspect, traced_model: bytes) -> None:
    put(b"max_batch: 2", "resnet/deploy.yaml")
    with pytest.raises(SpecRejected, match="max_batch_size"):
        inspect(put(traced_model))


def test_overwritten_model_is_left_to_the_later_drop(
    put: Put, inspect: Inspect, traced_model: bytes, model_with_labels: bytes
) -> None:
    source = put(traced_model)
    put(model_with_labels)
    with pytest.raises(SourceChanged):
        inspect(source)
    assert claims() == []


def test_drop_in_another_folder_than_the_live_version_is_rejected(
    put: Put, inspect: Inspect, traced_model: bytes
) -> None:
    write_record(ARTIFACTS, record())  # of resnet/model.pt
    inspect(put(traced_model, "resnet/model.pt"))
    with pytest.raises(ModelRejected, match="dropped in the folder resnet/") as rejected:
        inspect(put(traced_model, "teamB/resnet/model.pt"), OTHER_EXECUTION)
    assert "`move_from: resnet` in the deploy.yaml in the folder teamB/resnet/" in str(
        rejected.value
    )
    assert len([key for key in claims() if key.endswith("claim.json")]) == 1


def test_model_moves_once_its_old_folder_has_no_model_file(
    put: Put, inspect: Inspect, traced_model: bytes
) -> None:
    write_record(ARTIFACTS, record())
    put(traced_model, "resnet/model.onnx")
    put(b"move_from: /resnet/", "teamB/resnet/deploy.yaml")
    moved = put(traced_model, "teamB/resnet/model.pt")
    with pytest.raises(ModelRejected, match=r"s3://drops/resnet/model\.onnx still exists"):
        inspect(moved)
    s3().delete_object(Bucket=DROPS, Key="resnet/model.onnx")
    assert inspect(moved).deployment.model == "resnet"


def test_move_that_names_another_folder_is_rejected(
    put: Put, inspect: Inspect, traced_model: bytes
) -> None:
    write_record(ARTIFACTS, record())
    put(b"move_from: teamC/resnet", "teamB/resnet/deploy.yaml")
    with pytest.raises(ModelRejected, match="dropped in the folder resnet/"):
        inspect(put(traced_model, "teamB/resnet/model.pt"))


def test_model_that_is_live_in_a_pool_is_rejected(
    put: Put, inspect: Inspect, traced_model: bytes
) -> None:
    put_live(OLDER, pool="small")
    with pytest.raises(ModelRejected, match="live in the pool small"):
        inspect(put(traced_model))


def test_random_data_that_is_too_large_is_rejected_before_any_endpoint(
    put: Put, inspect: Inspect
) -> None:
    model = onnx_models.content(onnx_models.identity("x", ["batch", "size"]))
    spec = "inputs: [{name: x, dtype: FP32, dims: [-1], example_dims: [2000000]}]"
    put(spec.encode(), "m/deploy.yaml")
    source = put(model, "m/model.onnx")
    with pytest.raises(SpecRejected, match=r"random data has 8,000,000 bytes, .* most 6,291,456"):
        inspect(source)
    assert claims() == []
