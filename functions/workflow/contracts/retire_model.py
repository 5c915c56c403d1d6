"""The input and output of each state of retire_model, in order, and of the scheduled function.

A test compares this file with statemachine/retire_model.asl.json.
"""

from enum import StrEnum

from pydantic import AwareDatetime

from model_packager.stored import CaughtError, Source
from workflow.contracts.base import Contract


class RetirementReason(StrEnum):
    """Why a model is to be retired."""

    COMMAND = "COMMAND"
    OBJECT_DELETED = "OBJECT_DELETED"
    TIME_TO_LIVE = "TIME_TO_LIVE"
    IDLE = "IDLE"
    STUCK = "STUCK"


class DeletedObject(Contract):
    """What was deleted from the drop bucket."""

    bucket: str
    key: str


class RetirementRequest(Contract):
    """What is asked for. An S3 event names what was deleted; all others name the model.

    `target` is the endpoint that is to go, null for the model's own; `version` is the one that was
    judged: where another is in its place by now, nothing is done. `only_tell` retires nothing.
    `because` is one sentence.
    """

    reason: RetirementReason
    model: str | None = None
    deleted: DeletedObject | None = None
    target: str | None = None
    version: str | None = None
    only_tell: bool = False
    because: str | None = None


class Retirement(Contract):
    """What is retired: the identity that later states carry.

    `version` is the one that served. What was dropped at `until` or later stays, and what is still
    being deployed; null takes all.
    """

    model: str
    endpoint: str
    target: str
    version: str | None
    source: Source | None
    because: str
    until: AwareDatetime | None


class RetirementDecision(StrEnum):
    """What is to be done."""

    RETIRE = "RETIRE"
    NOTICE = "NOTICE"
    NOTHING = "NOTHING"


class DecideRetirementInput(Contract):
    """Decide Retirement: what is asked for, and since when."""

    request: RetirementRequest
    event_time: AwareDatetime
    execution_arn: str


class DecideRetirementOutput(Contract):
    """Decide Retirement: once and for all; later states only carry it out."""

    decision: RetirementDecision
    retirement: Retirement | None


class RetireModelInput(Contract):
    """Retire Model: one step a call."""

    retirement: Retirement
    execution_arn: str


class RetireModelOutput(Contract):
    """Retire Model: repeated until `done`. `overtaken`: a later drop has the endpoint."""

    done: bool
    overtaken: bool
    removed: list[str]
    remaining: list[str]


class WriteIndexInput(Contract):
    """Write Index: the model that is gone."""

    retirement: Retirement


class WriteIndexOutput(Contract):
    """Write Index: its S3 URI."""

    index_uri: str


class RetirementStatus(StrEnum):
    """How a retirement ended."""

    RETIRED = "RETIRED"
    NOTICE = "NOTICE"
    FAILED = "FAILED"


class PublishRetirementInput(Contract):
    """Publish Retirement. Fields are null as far as the execution did not come to know them."""

    request: RetirementRequest
    execution_arn: str
    decision: RetirementDecision | None
    retirement: Retirement | None
    failure: CaughtError | None
    removed: list[str]
    remaining: list[str]


class PublishRetirementOutput(Contract):
    """Publish Retirement: how the execution is to end, and what subscribers got."""

    status: RetirementStatus
    cause: str
    subject: str
    message: str


class WatchEndpointsInput(Contract):
    """Watch Endpoints: nothing; the schedule calls it."""


class WatchEndpointsOutput(Contract):
    """Watch Endpoints: the names of the executions it started."""

    started: list[str]
