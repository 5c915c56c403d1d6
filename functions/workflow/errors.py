"""The errors that the state machine distinguishes, by exact class name.

    StepError
     ├ Throttled             AWS is busy, or not consistent yet: retried by the state machine
     ├ EndpointBusy          the endpoint is in transition: retried by the state machine
     ├ SourceChanged         the object was overwritten during the deployment
     ├ DuplicateDrop         another execution owns this drop               → DUPLICATE
     ├ SupersededDrop        a later version of the model is live           → SUPERSEDED
     ├ CapacityShort         AWS has no capacity for the type: the next type is tried
     ├ EndpointFailed        SageMaker could not start the endpoint
     ├ EndpointTimedOut      it is still in transition after the timeout
     ├ EndpointRolledBack    SageMaker rolled back to the previous version  → ROLLED_BACK
     ├ ShadowTestFailed      the version answers copies of requests differently
     ├ ScalingNotRestored    the previous version is live again, without its autoscaling
     ├ BatchFailed           a batch job cannot run, or has no result
     └ AwsRefused            AWS refused a request for another reason

`ModelRejected`, `SpecRejected` and `SmokeTestFailed` (a response is wrong or late) come from
model_packager.
"""

from model_packager.rejection import ModelRejected, Rejection, SmokeTestFailed, SpecRejected

__all__ = [
    "AwsRefused",
    "BatchFailed",
    "CapacityShort",
    "DuplicateDrop",
    "EndpointBusy",
    "EndpointFailed",
    "EndpointRolledBack",
    "EndpointTimedOut",
    "ModelRejected",
    "ScalingNotRestored",
    "ShadowTestFailed",
    "SmokeTestFailed",
    "SourceChanged",
    "SpecRejected",
    "StepError",
    "SupersededDrop",
    "Throttled",
]


class StepError(Rejection):
    """A step failed, with the cause and the fix."""


class Throttled(StepError):
    """AWS throttled the request or is temporarily unavailable."""


class EndpointBusy(StepError):
    """The endpoint is in transition and cannot be changed yet."""


class SourceChanged(StepError):
    """The dropped object was overwritten or deleted while it was being deployed."""


class DuplicateDrop(StepError):
    """Another execution owns this drop, or its version is already live."""


class SupersededDrop(StepError):
    """A later drop of the same model is already live."""


class CapacityShort(StepError):
    """AWS has no capacity for the instance type."""


class EndpointFailed(StepError):
    """SageMaker reports the endpoint as failed."""


class EndpointRolledBack(StepError):
    """SageMaker rolled the endpoint back to the previous config."""


class EndpointTimedOut(StepError):
    """The endpoint is still in transition after the timeout."""


class ShadowTestFailed(StepError):
    """The version's responses to copies of client requests differ, fail, or are late."""


class ScalingNotRestored(StepError):
    """Roll Back is done, but AWS refused the autoscaling of the previous version."""


class BatchFailed(StepError):
    """A batch job cannot run, or none of its inputs has a result."""


class AwsRefused(StepError):
    """AWS refused a request, and a retry would not help."""
