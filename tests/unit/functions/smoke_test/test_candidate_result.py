from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.names import resource_name
from smoke_test.candidate_result import require_on_trial
from tests.unit.functions.given import CONFIG, DEPLOYMENT, ENDPOINT, LATER, OLDER
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
    """Let the endpoint serve a config."""

    def serve(config: str, status: str = "InService", endpoint: str = ENDPOINT) -> None:
        create_config(config)
        sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
        set_status(endpoint, status)

    return serve


@pytest.mark.parametrize("status", ["InService", "Updating", "SystemUpdating", "RollingBack"])
def test_version_that_answers_is_on_trial(serve: Serve, status: str) -> None:
    serve(CONFIG, status)
    require_on_trial(ENDPOINT, CONFIG, DEPLOYMENT)


def test_version_is_on_trial_on_its_staging_endpoint(serve: Serve) -> None:
    serve(CONFIG, endpoint=CONFIG)
    require_on_trial(CONFIG, CONFIG, DEPLOYMENT)


def test_later_version_has_superseded_it(serve: Serve) -> None:
    later = resource_name(ENDPOINT, LATER)
    serve(later)
    with pytest.raises(SupersededDrop, match=f"{later} took the place of {CONFIG}"):
        require_on_trial(ENDPOINT, CONFIG, DEPLOYMENT)


@pytest.mark.parametrize(
    ("live", "status", "serves"),
    [
        (resource_name(ENDPOINT, OLDER), "InService", resource_name(ENDPOINT, OLDER)),
        ("made-by-hand", "InService", "made-by-hand"),
        (CONFIG, "Failed", "nothing"),
        (CONFIG, "Deleting", "nothing"),
    ],
)
def test_anything_else_was_somebody_elses_doing(
    serve: Serve, live: str, status: str, serves: str
) -> None:
    serve(live, status)
    with pytest.raises(EndpointFailed, match=f"it serves {serves}"):
        require_on_trial(ENDPOINT, CONFIG, DEPLOYMENT)


def test_deleted_endpoint_serves_nothing(aws: None) -> None:
    with pytest.raises(EndpointFailed, match="serves nothing"):
        require_on_trial(ENDPOINT, CONFIG, DEPLOYMENT)
