"""Checks whether an execution role may pull a container image, without pulling it."""

from __future__ import annotations

import re

from modeldrop.local.ministack.policy_checks import Permission
from modeldrop.local.sagemaker.authorizer import Authorizer
from modeldrop.stack.service_calls import SERVICE_CALLS

_IMAGE = re.compile(
    r"(?P<registry>\d+)\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[^/]+/(?P<repository>[^:@]+)"
)


class ImageAccess:
    """Evaluates the policies of execution roles for Amazon ECR."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def may_pull(self, access_key: str, image: str) -> bool:
        """Return whether the owner of an access key may pull an image.

        Args:
            access_key: the access key of a session of the role.
            image: the image URI, such as "785573368785.dkr.ecr.us-east-1.amazonaws.com/name:tag".
        """
        match = _IMAGE.match(image)
        if match is None:  # CreateModel accepts only images in Amazon ECR
            return True
        names = {"partition": "aws", **match.groupdict()}
        permissions = [
            Permission(action=call.action, resource=call.resource_arn(names))
            for call in SERVICE_CALLS
            if call.actor == "execution role" and call.action.startswith("ecr:")
        ]
        return not self._authorizer.denials(access_key, permissions)


def image_failure(variant: str) -> str:
    """Return the FailureReason for an image that cannot be pulled.

    Sources: yuyasugano/terraform-sagemaker-sample-1#1, aws/amazon-sagemaker-examples#275.
    """
    return (
        "Please make sure all images included in the model for the production variant "
        f"{variant} exist, and that the execution role used to create the model has permissions "
        "to access them."
    )
