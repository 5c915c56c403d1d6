"""Whether an execution of the state machine goes on: who has something in hand."""

from __future__ import annotations

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import code
from workflow.aws.clients import stepfunctions


def is_running(execution_arn: str) -> bool:
    """Tell whether an execution goes on; one that Step Functions has forgotten does not."""
    try:
        found = stepfunctions().describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if code(error) == "ExecutionDoesNotExist":
            return False
        raise
    return found["status"] == "RUNNING"
