from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from find_model.handler import handler
from model_packager.names.endpoint import resource_name
from model_packager.names.version import content_of, version_of
from tests.unit.functions.samples import ENDPOINT, EXECUTION, source

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

    from model_packager.stored import Source

TEXT = b"max_batch_size: 4\n"
DROPPED = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_PREFIX", "modeldrop")


@pytest.fixture
def serve(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> Callable[..., None]:
    """A function that makes a version of a model and spec live."""

    def serve(model: Source, spec: bytes) -> None:
        content = content_of(model.etag, spec.decode())
        config = resource_name(ENDPOINT, version_of(DROPPED, content, "A1"))
        create_config(config, model="resnet", content=content)
        sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config)

    return serve


def event(spec: Source) -> dict[str, Any]:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    return {
        "source": spec.model_dump(),
        "event_time": soon.isoformat(),
        "execution_arn": EXECUTION,
    }


def test_spec_without_a_model_deploys_nothing(
    context: LambdaContext, put: Callable[..., Source]
) -> None:
    spec = put(TEXT, "resnet/deploy.yaml")
    assert handler(event(spec), context) == {"source": None}


def test_changed_spec_deploys_its_model(
    context: LambdaContext, put: Callable[..., Source], serve: Callable[..., None]
) -> None:
    model = put(b"a model")
    serve(model, b"")
    found = handler(event(put(TEXT, "resnet/deploy.yaml")), context)["source"]
    assert (found["key"], found["etag"]) == (model.key, model.etag)


def test_model_that_is_not_live_is_deployed(
    context: LambdaContext, put: Callable[..., Source]
) -> None:
    put(b"a model")
    assert handler(event(put(TEXT, "resnet/deploy.yaml")), context)["source"] is not None


def test_unchanged_spec_deploys_nothing(
    context: LambdaContext, put: Callable[..., Source], serve: Callable[..., None]
) -> None:
    model, spec = put(b"a model"), put(TEXT, "resnet/deploy.yaml")
    serve(model, TEXT)
    assert handler(event(spec), context) == {"source": None}


def test_other_model_with_the_same_spec_is_deployed(
    context: LambdaContext, put: Callable[..., Source], serve: Callable[..., None]
) -> None:
    serve(source("of-the-model-before"), TEXT)
    put(b"a model")
    assert handler(event(put(TEXT, "resnet/deploy.yaml")), context)["source"] is not None


def test_same_file_of_another_model_with_the_same_endpoint_name_is_not_deployed(
    context: LambdaContext,
    put: Callable[..., Source],
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
) -> None:
    model, spec = put(b"a model"), put(TEXT, "resnet/deploy.yaml")
    content = content_of(model.etag, TEXT.decode())
    config = resource_name(ENDPOINT, version_of(DROPPED, content, "A1"))
    create_config(config, model="ResNet", content=content)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config)
    assert handler(event(spec), context)["source"] is not None
