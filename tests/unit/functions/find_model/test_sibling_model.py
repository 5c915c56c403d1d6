from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from find_model.sibling_model import sibling_model
from tests.unit.functions.samples import DROPS, source
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source

SPEC = source("of-the-spec", "team/resnet/deploy.yaml")
MODEL = "team/resnet/model.pt"


def dropped(key: str) -> datetime:
    return s3().head_object(Bucket=DROPS, Key=key)["LastModified"]


def later(key: str, seconds: float = 1) -> datetime:
    return dropped(key) + timedelta(seconds=seconds)


def test_model_next_to_the_spec_is_found(put: Callable[..., Source]) -> None:
    model = put(b"a model", MODEL)
    found = sibling_model(SPEC, later(MODEL))
    assert found is not None
    assert (found.key, found.etag) == (MODEL, model.etag)
    assert found.version_id == s3().head_object(Bucket=DROPS, Key=MODEL)["VersionId"]


@pytest.mark.parametrize("seconds", [0, 0.999, -1])
def test_model_of_the_same_second_or_later_has_its_own_drop(
    put: Callable[..., Source], seconds: float
) -> None:
    put(b"a model", MODEL)
    assert sibling_model(SPEC, later(MODEL, seconds)) is None


def test_folder_without_a_model(put: Callable[..., Source]) -> None:
    for key in ("team/model.pt", "team/resnet/a/model.pt", "team/resnet/labels.txt", "model.pt"):
        put(b"", key)
    assert sibling_model(SPEC, later("model.pt")) is None


def test_spec_without_a_folder_has_the_bare_model(put: Callable[..., Source]) -> None:
    put(b"a model", "model.onnx")
    found = sibling_model(source("abc", "deploy.yaml"), later("model.onnx"))
    assert found is not None
    assert found.key == "model.onnx"


def test_newest_of_several_formats_is_used(put: Callable[..., Source]) -> None:
    """S3 returns whole seconds, so the test changes the first object's time in the response."""
    put(b"an older model", MODEL)
    put(b"a newer model", "team/resnet/model.onnx")

    def set_back(parsed: dict[str, object], **_: object) -> None:
        if parsed.get("ContentLength") == len(b"an older model"):
            parsed["LastModified"] = later("team/resnet/model.onnx", -60)

    s3().meta.events.register("after-call.s3.HeadObject", set_back)
    try:
        found = sibling_model(SPEC, later("team/resnet/model.onnx"))
    finally:
        s3().meta.events.unregister("after-call.s3.HeadObject", set_back)
    assert found is not None
    assert found.key == "team/resnet/model.onnx"


def test_access_error_is_not_a_missing_model(aws: None) -> None:
    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

    s3().meta.events.register("before-call.s3.HeadObject", refuse)
    try:
        with pytest.raises(ClientError, match="Forbidden"):
            sibling_model(SPEC, datetime.now(UTC))
    finally:
        s3().meta.events.unregister("before-call.s3.HeadObject", refuse)
