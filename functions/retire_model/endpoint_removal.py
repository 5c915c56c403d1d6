"""Deletes an endpoint of this stack when it is not in transition.

DeleteEndpoint also deregisters its scalable target (SageMaker developer guide, "Delete endpoints
configured for auto scaling").
"""

from __future__ import annotations

from enum import Enum, auto

from model_packager.names import version_in
from workflow.versions.endpoint import SETTLED, describe
from workflow.versions.endpoint_release import delete_settled


class Removal(Enum):
    """Progress of the deletion."""

    DELETED = auto()
    DELETING = auto()
    WAITING = auto()


def remove_endpoint(name: str, endpoint: str) -> Removal:
    """Take the next step. An endpoint of the same name from elsewhere is left alone.

    Args:
        name: the endpoint to delete: the model's own, or a staging endpoint.
        endpoint: the model's own endpoint; its versions' configs have its name as prefix.
    """
    description = describe(name)
    if description is None or version_in(endpoint, description["EndpointConfigName"]) is None:
        return Removal.DELETED
    if description["EndpointStatus"] not in SETTLED:
        return Removal.WAITING
    return Removal.DELETING if delete_settled(name) else Removal.WAITING
