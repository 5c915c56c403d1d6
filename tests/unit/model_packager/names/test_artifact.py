import pytest
from hypothesis import given

from model_packager.names.artifact import (
    artifact_prefix,
    last_number_key,
    live_key,
    record_key,
    version_of_folder,
)
from model_packager.names.batch import batch_work_prefix
from model_packager.names.model import is_model_name
from model_packager.names.pool import POOL_ARCHIVES, POOL_LOCKS
from model_packager.names.report import REPORT_FOLDER, REPORT_INDEX, REPORT_SUMMARIES
from model_packager.names.request import (
    ASYNC_FAILURES,
    ASYNC_INPUTS,
    ASYNC_OUTPUTS,
    capture_uri,
    shadow_capture_prefix,
)
from tests.unit.model_packager.names.drops import MODELS, VERSION


@given(MODELS)
def test_version_is_read_back_from_its_folder(model: str) -> None:
    assert version_of_folder(model, artifact_prefix(model, VERSION)) == VERSION
    assert record_key(model, VERSION).startswith(artifact_prefix(model, VERSION))


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "resnet/",
        live_key("resnet"),
        "resnet/v1/",
        f"vgg/{VERSION}/",
        f"resnet/{VERSION}x/",
        f"resnet/{VERSION}/claim.json",
    ],
)
def test_other_folder_has_no_version(prefix: str) -> None:
    assert version_of_folder("resnet", prefix) is None


@pytest.mark.parametrize(
    "key",
    [
        ASYNC_FAILURES,
        ASYNC_INPUTS,
        ASYNC_OUTPUTS,
        POOL_ARCHIVES,
        POOL_LOCKS,
        REPORT_FOLDER,
        REPORT_INDEX,
        REPORT_SUMMARIES,
        batch_work_prefix("3f9a1c2b3f9a1c"),
        capture_uri("artifacts").removeprefix("s3://artifacts/"),
        last_number_key("resnet"),
        shadow_capture_prefix(VERSION),
    ],
)
def test_no_model_has_the_name_of_another_folder(key: str) -> None:
    assert not is_model_name(key.split("/")[0])
