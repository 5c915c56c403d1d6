"""The stack's optional parameters for hosting models. An empty value turns one off."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from model_packager.sagemaker.cost_limits import CostLimits, members
from model_packager.spec.resource_tags import tags_in


def _tagged(text: Any) -> Any:
    return tags_in(text) if isinstance(text, str) else text


class StackOptions(CostLimits):
    """The template's parameters, parsed. The names are the same, in snake_case.

    Attributes:
        kms_key_arn: the key for the endpoints' volumes and captured data.
        subnet_ids: the subnets of the containers.
        allow_network_access: whether a spec may turn off network isolation.
        data_capture_percent: the share of the requests to keep in S3 with their responses; 0 for
            none.
        resource_tags: the tags of the SageMaker resources of every model.
        spec_tags_override: whether a tag of the spec overrides the stack's tag with the same key.
    """

    kms_key_arn: str = ""
    subnet_ids: Annotated[tuple[str, ...], BeforeValidator(members)] = ()
    security_group_ids: Annotated[tuple[str, ...], BeforeValidator(members)] = ()
    allow_network_access: bool = False
    data_capture_percent: int = 0
    resource_tags: Annotated[dict[str, str], BeforeValidator(_tagged)] = Field(default_factory=dict)
    spec_tags_override: bool = False
