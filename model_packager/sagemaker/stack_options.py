"""The stack's optional parameters that decide how models are hosted, each off where it is empty."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from model_packager.spec.resource_tags import tags_in


def _listed(text: Any) -> Any:
    return tuple(filter(None, text.split(","))) if isinstance(text, str) else text


def _tagged(text: Any) -> Any:
    return tags_in(text) if isinstance(text, str) else text


class StackOptions(BaseModel):
    """What the template's parameters say, read from their texts. Called as they are, in snake_case.

    Attributes:
        kms_key_arn: encrypts the endpoints' volumes, and what is captured.
        subnet_ids: of the VPC that the containers are attached to.
        network_isolation: containers make no outbound calls, and get no AWS credentials.
        data_capture_percent: of the requests, kept in S3 with their answers; 0: none.
        resource_tags: of the SageMaker resources of every model.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kms_key_arn: str = ""
    subnet_ids: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    security_group_ids: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    network_isolation: bool = False
    data_capture_percent: int = 0
    resource_tags: Annotated[dict[str, str], BeforeValidator(_tagged)] = {}
