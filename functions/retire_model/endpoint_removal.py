"""Deletes an endpoint of this stack when it is not in transition.

DeleteEndpoint also deregisters its scalable target (SageMaker developer guide, "Delete endpoints
configured for auto scaling").
"""

from __future__ import annotations

from enum import Enum, auto

from model_packager.names.endpoint import version_in
from workflow.versions.endpoint import SETTLED, describe
from workflow.versions.endpoint_release import delete_settled
from workflow.versions.ownership import other_model


class Removal(Enum):
    """Progress of the deletion. A foreign endpoint belongs to another model, and stays."""

    DELETED = auto()
    DELETING = auto()
    WAITING = auto()
    FOREIGN = auto()


def remove_endpoint(name: str, endpoint: str, model: str) -> Removal:
    """Take the next step, unless the endpoint belongs to another model.

    Args:
        name: the endpoint to delete: the model's own, or a staging endpoint.
        endpoint: the model's own endpoint; its name is the prefix of the configs' names.
        model: the model's name.
    """
    description = describe(name)
    if description is None:
        return Removal.DELETED
    config = description["EndpointConfigName"]
    if version_in(endpoint, config) is None or other_model(config, model):
        return Removal.FOREIGN
    if description["EndpointStatus"] not in SETTLED:
        return Removal.WAITING
    return Removal.DELETING if delete_settled(name) else Removal.WAITING
