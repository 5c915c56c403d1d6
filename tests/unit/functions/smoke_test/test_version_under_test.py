from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.names.endpoint import resource_name
from smoke_test.version_under_test import require_under_test
from tests.unit.functions.samples import CONFIG, DEPLOYMENT, ENDPOINT, LATER, OLDER, VERSION
from workflow.errors import EndpointFailed, SupersededDrop

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient

    Serve = Callable[..., None]


@pytest.fixture
def serve(
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    set_status: Callable[[str, str], None],
) -> Serve:
    """A function that deploys a config to the endpoint."""

    def serve(
        config: str, status: str = "InService", endpoint: str = ENDPOINT, **tags: str
    ) -> None:
        create_config(config, **tags)
        sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
        set_status(endpoint, status)

    return serve


@pytest.mark.parametrize("status", ["InService", "Updating", "SystemUpdating", "RollingBack"])
def test_serving_version_is_under_test(serve: Serve, status: str) -> None:
    serve(CONFIG, status)
    require_under_test(ENDPOINT, CONFIG, DEPLOYMENT)


def test_version_is_under_test_on_its_staging_endpoint(serve: Serve) -> None:
    serve(CONFIG, endpoint=CONFIG)
    require_under_test(CONFIG, CONFIG, DEPLOYMENT)


def test_later_version_supersedes_it(serve: Serve) -> None:
    later = resource_name(ENDPOINT, LATER)
    serve(later)
    with pytest.raises(SupersededDrop, match=f"{later} replaced {CONFIG}"):
        require_under_test(ENDPOINT, CONFIG, DEPLOYMENT)


@pytest.mark.parametrize(
    ("sequencer", "error"),
    [("00B", SupersededDrop), ("009F", EndpointFailed)],
    ids=["later", "earlier"],
)
@pytest.mark.parametrize("digest", ["00000000", "ffffffff"])
def test_sequencer_tells_which_drop_of_a_second_is_later(
    serve: Serve, sequencer: str, error: type[Exception], digest: str
) -> None:
    serve(resource_name(ENDPOINT, VERSION[:-8] + digest), sequencer=sequencer)
    with pytest.raises(error):
        require_under_test(ENDPOINT, CONFIG, DEPLOYMENT.model_copy(update={"sequencer": "00A"}))


@pytest.mark.parametrize(
    ("live", "status", "serves"),
    [
        (resource_name(ENDPOINT, OLDER), "InService", resource_name(ENDPOINT, OLDER)),
        ("made-by-hand", "InService", "made-by-hand"),
        (CONFIG, "Failed", "nothing"),
        (CONFIG, "Deleting", "nothing"),
    ],
)
def test_any_other_version_is_an_error(serve: Serve, live: str, status: str, serves: str) -> None:
    serve(live, status)
    with pytest.raises(EndpointFailed, match=f"it now serves {serves}"):
        require_under_test(ENDPOINT, CONFIG, DEPLOYMENT)


def test_deleted_endpoint_is_an_error(aws: None) -> None:
    with pytest.raises(EndpointFailed, match="now serves nothing"):
        require_under_test(ENDPOINT, CONFIG, DEPLOYMENT)
