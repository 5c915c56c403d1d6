"""What both state machines share: the base of all contracts, and the models that both carry."""

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """Frozen, and refusing what it does not know.

    Built when it is first used: a function uses two of them, and each cold start imports them all.
    What it refuses is named and not shown: a container's environment may hold what no log should.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True
    )


class Source(Contract):
    """The dropped object. `version_id` is null where the bucket or the event has none."""

    bucket: str
    key: str
    etag: str
    version_id: str | None = None


class Deployment(Contract):
    """Who is deployed, and by which execution: the identity that every later state carries."""

    model: str
    version: str
    endpoint: str
    execution_arn: str


class CaughtError(Contract):
    """An error, as Step Functions caught it. `cause` may be Lambda's JSON."""

    state: str
    error: str
    cause: str
