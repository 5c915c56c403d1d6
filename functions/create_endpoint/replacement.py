"""Whether an endpoint that serves may be given another version, and giving it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names import version_in
from model_packager.sagemaker_requests import update_endpoint_request
from workflow.clients import sagemaker
from workflow.errors import EndpointBusy, EndpointFailed, ModelRejected, SupersededDrop
from workflow.ownership import hand_on_tags, remember_previous

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from workflow.contracts import Deployment


def replace(endpoint: DescribeEndpointOutputTypeDef, deployment: Deployment, config: str) -> str:
    """Update the endpoint to the config, and give its ARN.

    Raises:
        ModelRejected: the endpoint was not made by Modeldrop.
        SupersededDrop: what serves is later than this version.
        EndpointFailed: it is in a state that only its owner can end.
        EndpointBusy: it is in transition, or it had failed and is being removed.
    """
    name, status, live = (
        deployment.endpoint,
        endpoint["EndpointStatus"],
        endpoint["EndpointConfigName"],
    )
    live_version = version_in(name, live)
    if live_version is None:
        raise ModelRejected(
            f"The endpoint {name} exists and was not made by Modeldrop: its config is {live}.",
            "Drop the model under another name, or delete that endpoint.",
        )
    if status in {"OutOfService", "UpdateRollbackFailed"}:
        raise EndpointFailed(
            f"The endpoint {name} is {status}: SageMaker takes no update for it.",
            f"Delete the endpoint {name} (clients get errors until it is back), then drop the "
            "model again.",
        )
    if status == "Failed":
        # A failed endpoint can only be deleted (DescribeEndpoint API reference).
        sagemaker().delete_endpoint(EndpointName=name)
    if status != "InService":
        raise EndpointBusy(
            f"The endpoint {name} is {status}.", "Nothing to do: it is tried again when it is not."
        )
    if live_version > deployment.version:
        raise SupersededDrop(
            f"Version {live_version} is live on {name}, and is later than {deployment.version}.",
            "Nothing to do. To serve this model after all, drop it again.",
        )
    remember_previous(config, live)
    hand_on_tags(endpoint["EndpointArn"], config)
    request = update_endpoint_request(name, config=config)
    return sagemaker().update_endpoint(**request)["EndpointArn"]
