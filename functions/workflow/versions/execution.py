"""Whether another execution, which may own a version or an endpoint, is running."""

from __future__ import annotations

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import code
from workflow.aws.clients import stepfunctions


def is_running(execution_arn: str) -> bool:
    """Return whether an execution is running; false if Step Functions no longer knows it."""
    try:
        execution = stepfunctions().describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if code(error) == "ExecutionDoesNotExist":
            return False
        raise
    return execution["status"] == "RUNNING"
