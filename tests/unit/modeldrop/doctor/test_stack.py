from __future__ import annotations

import pytest

from modeldrop.doctor.finding import Status
from modeldrop.doctor.stack import Deployed, check_stack

OUTPUTS = {
    "DropBucketName": "d",
    "ResultTopicArn": "t",
    "DeployModelStateMachineArn": "m",
    "Version": "0.1.0",
}


@pytest.mark.parametrize(
    ("stack", "status", "text"),
    [
        (None, Status.FAILED, "No stack modeldrop in us-east-1."),
        (("CREATE_COMPLETE", OUTPUTS), Status.OK, "CREATE_COMPLETE, version 0.1.0"),
        (("UPDATE_IN_PROGRESS", OUTPUTS), Status.WARNING, "UPDATE_IN_PROGRESS"),
        (("ROLLBACK_COMPLETE", {}), Status.FAILED, "ROLLBACK_COMPLETE"),
        (("UPDATE_ROLLBACK_FAILED", OUTPUTS), Status.FAILED, "UPDATE_ROLLBACK_FAILED"),
        (("UPDATE_ROLLBACK_COMPLETE", OUTPUTS), Status.WARNING, "its last update failed"),
        (("CREATE_COMPLETE", {"Url": "u"}), Status.FAILED, "is not a Modeldrop stack"),
        (
            ("CREATE_COMPLETE", OUTPUTS | {"Version": "0.0.9"}),
            Status.WARNING,
            "has version 0.0.9; this command has version 0.1.0.",
        ),
    ],
)
def test_status_and_version(
    stack: tuple[str, dict[str, str]] | None, status: Status, text: str
) -> None:
    deployed = None if stack is None else Deployed("modeldrop", stack[0], {}, stack[1])
    found = check_stack(deployed, "modeldrop", "us-east-1", "0.1.0")
    assert found.status is status
    assert text in found.text
    assert bool(found.fix) is (status is not Status.OK)
