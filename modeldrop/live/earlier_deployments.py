"""The usual course of a model's last deployments, from its retained versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from modeldrop.errors import UsageError
from modeldrop.executions.usual_course import usual_course
from modeldrop.live.version_history import read_history

if TYPE_CHECKING:
    from boto3 import Session

    from modeldrop.executions.usual_course import UsualCourse

LAST_DEPLOYMENTS = 3
"""The number of earlier deployments that count."""


def usual_course_of(
    session: Session, model: str, *, prefix: str, artifact_bucket: str
) -> UsualCourse | None:
    """Return the usual course of a model's last deployments; None without any."""
    try:
        history = read_history(session, model, prefix=prefix, artifact_bucket=artifact_bucket)
    except (ClientError, UsageError):  # the user has no permission, or the model has no version
        return None
    arns = [each.deployment.execution_arn for each in history.records if not each.restored]
    return usual_course(session.client("stepfunctions"), arns[:LAST_DEPLOYMENTS])
