"""The state of another execution, which may own a version or an endpoint."""

from __future__ import annotations

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import code
from workflow.aws.clients import stepfunctions


def is_running(execution_arn: str) -> bool:
    """Return whether an execution is running; an expired one is not."""
    try:
        execution = stepfunctions().describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if code(error) == "ExecutionDoesNotExist":
            return False
        raise
    return execution["status"] == "RUNNING"
