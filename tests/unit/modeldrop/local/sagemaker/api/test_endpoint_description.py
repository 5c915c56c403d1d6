from __future__ import annotations

from modeldrop.local.sagemaker.api.endpoint_description import description
from modeldrop.local.sagemaker.hosting.fleet import Fleet
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan, plan_variant
from modeldrop.local.sagemaker.hosting.registry import Endpoint, PendingDeployment

MODEL = {"PrimaryContainer": {"Image": "image"}}
VARIANT = {"VariantName": "primary", "InitialInstanceCount": 2, "InstanceType": "ml.c5.large"}


def plan(config: str, **capture: object) -> FleetPlan:
    return FleetPlan(config, (plan_variant(VARIANT, MODEL),), capture or None)


def test_data_capture_is_shown_once_it_is_served() -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": "s3://b/c",
    }
    endpoint = Endpoint("e", "arn", "c", fleet=Fleet(plan("c", **capture), []))
    assert description(endpoint)["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 20,
        "DestinationS3Uri": "s3://b/c",
        "KmsKeyId": "",
    }
    assert "DataCaptureConfig" not in description(Endpoint("e", "arn", "c"))


def test_a_pending_deployment_goes_through_its_stages() -> None:
    endpoint = Endpoint("e", "arn", "old", fleet=Fleet(plan("old"), []))
    assert "PendingDeploymentSummary" not in description(endpoint)
    endpoint.pending = PendingDeployment(plan("new"))
    summary = description(endpoint)["PendingDeploymentSummary"]
    (variant,) = summary["ProductionVariants"]
    assert (summary["EndpointConfigName"], variant["VariantName"]) == ("new", "primary")
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (0, 2)
    endpoint.pending.enter("Baking")
    (variant,) = description(endpoint)["PendingDeploymentSummary"]["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == 2
    assert variant["VariantStatus"][0]["Status"] == "Baking"
    assert variant["VariantStatus"][0]["StartTime"] >= endpoint.pending.started
    assert description(endpoint)["EndpointConfigName"] == "old"
