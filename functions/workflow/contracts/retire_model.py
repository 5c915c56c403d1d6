"""The input and output of each state of retire_model, in order, and of functions without a state.

A test compares this file with statemachine/retire_model.asl.json.
"""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from model_packager.stored import CaughtError, Source
from workflow.contracts.base import Contract, PublishedNotification


class RetirementReason(StrEnum):
    """What started a retirement."""

    COMMAND = "COMMAND"
    SCHEDULE = "SCHEDULE"
    OBJECT_DELETED = "OBJECT_DELETED"
    TIME_TO_LIVE = "TIME_TO_LIVE"
    IDLE = "IDLE"
    STUCK = "STUCK"


class DeletedObject(Contract):
    """An object that was deleted from the drop bucket."""

    bucket: str
    key: str


class RetirementRequest(Contract):
    """A request for a retirement. An S3 event names the deleted object, the others the model.

    Attributes:
        reason: why the retirement was requested.
        model: the model to retire.
        deleted: the deleted object, from an S3 event.
        target: the endpoint to delete; null for the model's endpoint.
        version: the version to retire. If another version is live by then, nothing happens.
        notify_only: whether to publish a notice, and retire nothing.
        keep_versions: whether to put the model to sleep, which deletes only its endpoint.
        reason_text: the reason in one sentence; null for the default text.
    """

    reason: RetirementReason
    model: str | None = None
    deleted: DeletedObject | None = None
    target: str | None = None
    version: str | None = None
    notify_only: bool = False
    keep_versions: bool = False
    reason_text: str | None = None


class Retirement(Contract):
    """The resources to retire, as later states receive them.

    `version` is the live version, `number` its number if it is known. Versions dropped at `until`
    or later, and running deployments, stay; if `until` is null, all versions are deleted. With
    `keep_versions`, all versions stay. `pool`: the model's pool, whose endpoint is deleted with its
    last model.
    """

    model: str
    endpoint: str
    target: str
    version: str | None
    source: Source | None
    reason_text: str
    until: AwareDatetime | None
    keep_versions: bool = False
    pool: str | None = None
    number: int | None = None


class RetirementDecision(StrEnum):
    """The decision about a request."""

    RETIRE = "RETIRE"
    NOTICE = "NOTICE"
    NOTHING = "NOTHING"


class DecideRetirementInput(Contract):
    """Decide Retirement: the request and its time."""

    request: RetirementRequest
    event_time: AwareDatetime
    execution_arn: str


class DecideRetirementOutput(Contract):
    """Decide Retirement: the final decision, which later states carry out."""

    decision: RetirementDecision
    retirement: Retirement | None


class RetireModelInput(Contract):
    """Retire Model: one step per call. `waited_seconds`: since the first call."""

    retirement: Retirement
    execution_arn: str
    waited_seconds: int


class RetireModelOutput(Contract):
    """Retire Model: repeated until `done`. `overtaken`: a later drop uses the endpoint."""

    done: bool
    overtaken: bool
    removed: list[str]
    remaining: list[str]


class WriteIndexInput(Contract):
    """Write Index: the retired model."""

    retirement: Retirement


class WriteIndexOutput(Contract):
    """Write Index: the S3 URI of the index page."""

    index_uri: str


class RetirementStatus(StrEnum):
    """The result of a retirement."""

    RETIRED = "RETIRED"
    ASLEEP = "ASLEEP"
    NOTICE = "NOTICE"
    FAILED = "FAILED"


class PublishRetirementInput(Contract):
    """Publish Retirement. Fields are null or empty if the execution did not get that far."""

    request: RetirementRequest
    execution_arn: str
    decision: RetirementDecision | None
    retirement: Retirement | None
    failure: CaughtError | None
    removed: list[str]
    remaining: list[str]


class PublishRetirementOutput(PublishedNotification):
    """Publish Retirement: the status of the execution, and the notification."""

    status: RetirementStatus
    cause: str


class WatchEndpointsInput(Contract):
    """Watch Endpoints: no fields, because a schedule invokes it."""


class WatchEndpointsOutput(Contract):
    """Watch Endpoints: the names of the started executions."""

    started: list[str]


class ExecutionStatusChange(Contract):
    """The event of an execution that failed, timed out or was stopped; other fields are ignored.

    Source: Step Functions developer guide, "Automating Step Functions event delivery with
    EventBridge". `input` is null above 248 KB.
    """

    model_config = ConfigDict(extra="ignore")

    execution_arn: str = Field(alias="executionArn")
    state_machine_arn: str = Field(alias="stateMachineArn")
    status: Literal["FAILED", "TIMED_OUT", "ABORTED"]
    input: str | None = None
    error: str | None = None
    cause: str | None = None

    @property
    def kind(self) -> Literal["deployment", "retirement", "batch"]:
        """What the execution was for, by its state machine."""
        if self.state_machine_arn.endswith("-batch-transform"):
            return "batch"
        return "retirement" if self.state_machine_arn.endswith("-retire-model") else "deployment"


class NotifyFailureInput(Contract):
    """Notify Failure: the event from EventBridge."""

    model_config = ConfigDict(extra="ignore")

    detail: ExecutionStatusChange

    @property
    def execution_arn(self) -> str:
        """The execution that ended."""
        return self.detail.execution_arn


class NotifyFailureOutput(Contract):
    """Notify Failure. `published` is false if the execution had published its result."""

    published: bool
