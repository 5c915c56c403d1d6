import pytest
from pydantic import ValidationError

from model_packager.status import Status
from model_packager.stored import Source
from tests.unit.functions.samples import DEPLOYMENT, EXECUTION
from workflow.contracts.deploy_model import InspectModelInput


def test_contracts_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        DEPLOYMENT.model = "other"  # type: ignore[misc]


def test_version_id_may_be_null_or_left_out() -> None:
    source = {"bucket": "drops", "key": "resnet/model.pt", "etag": "abc"}
    assert Source.model_validate(source) == Source.model_validate(source | {"version_id": None})


def test_event_time_has_a_time_zone() -> None:
    event = {
        "source": {"bucket": "drops", "key": "resnet/model.pt", "etag": "abc"},
        "redeploying": False,
        "execution_arn": EXECUTION,
        "sequencer": None,
    }
    InspectModelInput.model_validate(event | {"event_time": "2026-08-01T15:12:24Z"})
    with pytest.raises(ValidationError, match="event_time"):
        InspectModelInput.model_validate(event | {"event_time": "2026-08-01T15:12:24"})


def test_statuses_are_the_promised_ones() -> None:
    assert set(Status) == {"SUCCEEDED", "FAILED", "SUPERSEDED", "DUPLICATE", "ROLLED_BACK"}
