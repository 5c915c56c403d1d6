"""The events of a transform job's status changes."""

from __future__ import annotations

from modeldrop.local.sagemaker.transform.events import state_change
from modeldrop.local.sagemaker.transform.job import TransformJob, container_plan
from tests.unit.modeldrop.local.sagemaker.transform.test_job import MODEL, REQUEST


def test_event_has_the_documented_members() -> None:
    """Source: the example in the developer guide, "SageMaker transform job state change"."""
    job = TransformJob("job", "arn:job", REQUEST, container_plan(REQUEST, MODEL))
    job.set_status("Failed", "because")
    event = state_change(job, {"team": "vision"})
    assert (event.source, event.resources) == ("aws.sagemaker", ("arn:job",))
    assert event.detail_type == "SageMaker Transform Job State Change"
    assert event.detail["TransformJobStatus"] == "Failed"
    assert event.detail["FailureReason"] == "because"
    assert event.detail["TransformInput"] == REQUEST["TransformInput"]
    assert event.detail["Tags"] == {"team": "vision"}
    assert event.detail["CreationTime"] == f"{job.created:%Y-%m-%dT%H:%M:%S}Z"
    assert event.detail["TransformEndTime"].endswith("Z")
    event.model_dump_json()
