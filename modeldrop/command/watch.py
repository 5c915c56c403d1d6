"""`modeldrop watch`: follow a running deployment, or show how the last one ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.following import follow_and_report, report_result
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.screen import Json, console
from modeldrop.executions.last_executions import SEARCH_LIMIT, execution_to_watch
from modeldrop.executions.outcome import read_outcome
from modeldrop.model_names import unknown_model

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


@choosing_stack
def watch(
    chosen: StackChoice,
    name: ModelName,
    as_json: Json = False,
) -> None:
    """Follow the running deployment of model NAME, or show how the last one ended.

    Exit code 0: it SUCCEEDED; 1: it failed; 2: no deployment found; 130: Ctrl-C, and the
    deployment continues.
    """
    stack = chosen.find()
    stepfunctions = stack.session.client("stepfunctions")
    execution = execution_to_watch(stepfunctions, stack.machine, name)
    if execution is None:
        cause = f"No deployment of {name} among the last {SEARCH_LIMIT} executions."
        raise unknown_model(stack.session.client("s3"), stack.artifact_bucket, name, cause)
    arn = execution["executionArn"]
    if execution["status"] == "RUNNING":
        resume_command = chosen.command("watch", name)
        follow_and_report(
            stack.session,
            arn,
            resume_command=resume_command,
            next_commands=chosen.next_commands(name),
            as_json=as_json,
        )
    console.print(_last_ended(execution, name))
    outcome = read_outcome(stepfunctions, arn)
    report_result(outcome.notification, chosen.next_commands(name), as_json=as_json)


def _last_ended(execution: DescribeExecutionOutputTypeDef, name: str) -> str:
    ended = execution.get("stopDate")
    at = f" at {ended:%Y-%m-%d %H:%M:%S %Z}" if ended else ""
    return f"No deployment of {name} is running. The last one ended{at}:"
