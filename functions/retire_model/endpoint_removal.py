"""Removing an endpoint of ours, once it has settled.

DeleteEndpoint deregisters what scales it (SageMaker developer guide, "Delete endpoints configured
for auto scaling").
"""

from __future__ import annotations

from enum import Enum, auto

from model_packager.names import version_in
from workflow.versions.endpoint import SETTLED, describe
from workflow.versions.endpoint_release import delete_settled


class Removal(Enum):
    """How far it has come."""

    GONE = auto()
    BEGUN = auto()
    WAITS = auto()


def remove_endpoint(name: str, endpoint: str) -> Removal:
    """Take the next step. Somebody else's endpoint of that name stays, and is not ours to wait for.

    Args:
        name: the endpoint to remove: the model's own, or a staging one.
        endpoint: the model's own, which the configs of its versions are named after.
    """
    found = describe(name)
    if found is None or version_in(endpoint, found["EndpointConfigName"]) is None:
        return Removal.GONE
    if found["EndpointStatus"] not in SETTLED:
        return Removal.WAITS
    return Removal.BEGUN if delete_settled(name) else Removal.WAITS
