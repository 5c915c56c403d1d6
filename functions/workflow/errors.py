"""The errors that the state machine tells apart, by exact class name.

    StepError
     ├ Throttled             AWS is busy or behind: retried by the state machine
     ├ EndpointBusy          the endpoint is in transition: retried by the state machine
     ├ SourceChanged         the object was overwritten while it was read
     ├ DuplicateDrop         another execution has this very drop in hand   → DUPLICATE
     ├ SupersededDrop        a later version of the model is live           → SUPERSEDED
     ├ CapacityShort         AWS has no instance of the type: the next type is tried
     ├ EndpointFailed        SageMaker could not start the endpoint
     ├ EndpointTimedOut      it is still in transition when its time is over
     ├ EndpointRolledBack    SageMaker went back to the version before      → ROLLED_BACK
     ├ SmokeTestFailed       a response of the endpoint is wrong or late
     └ AwsRefused            AWS refused a request for another reason

`ModelRejected` and `SpecRejected` come from model_packager.
"""

from model_packager.rejection import ModelRejected, Rejection, SpecRejected

__all__ = [
    "AwsRefused",
    "CapacityShort",
    "DuplicateDrop",
    "EndpointBusy",
    "EndpointFailed",
    "EndpointRolledBack",
    "EndpointTimedOut",
    "ModelRejected",
    "SmokeTestFailed",
    "SourceChanged",
    "SpecRejected",
    "StepError",
    "SupersededDrop",
    "Throttled",
]


class StepError(Rejection):
    """A step could not be done; says why, and what to do."""


class Throttled(StepError):
    """AWS asks to come again later."""


class EndpointBusy(StepError):
    """The endpoint is in transition and cannot be changed yet."""


class SourceChanged(StepError):
    """The dropped object was overwritten or deleted while it was being deployed."""


class DuplicateDrop(StepError):
    """S3 delivered the same event twice, and the other execution has it; or it serves already."""


class SupersededDrop(StepError):
    """A later drop of the same model is live already."""


class CapacityShort(StepError):
    """AWS has no capacity of the instance type."""


class EndpointFailed(StepError):
    """SageMaker reports the endpoint as failed."""


class EndpointRolledBack(StepError):
    """SageMaker silently went back to the config before."""


class EndpointTimedOut(StepError):
    """The endpoint is still in transition, and has had its time."""


class SmokeTestFailed(StepError):
    """A response of the endpoint is wrong or late, or the golden sample does not fit the model."""


class AwsRefused(StepError):
    """AWS refused a request, and trying again would not help."""
