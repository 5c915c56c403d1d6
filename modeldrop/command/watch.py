"""`modeldrop watch`: come back to a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modeldrop.command.drop import watch_command
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.following import follow_and_tell, tell
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.screen import Json, people
from modeldrop.executions.last_executions import execution_to_watch
from modeldrop.executions.outcome import read_outcome

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


@choosing_stack
def watch(
    chosen: StackChoice,
    name: ModelName,
    as_json: Json = False,
) -> None:
    """Follow the deployment of model NAME that is under way; else tell how the last one ended.

    Exit code 0: it SUCCEEDED; 1: it did not; 2: there is none; 130: Ctrl-C.
    """
    found = chosen.find()
    stepfunctions = found.session.client("stepfunctions")
    machine = found.machine
    execution = execution_to_watch(stepfunctions, machine, name)
    arn = execution["executionArn"]
    if execution["status"] == "RUNNING":
        come_back = watch_command(name, chosen)
        follow_and_tell(found.session, arn, come_back=come_back, as_json=as_json)
    people.print(_when(execution, name), markup=False, soft_wrap=True)
    tell(read_outcome(stepfunctions, arn).notification, as_json=as_json)


def _when(execution: DescribeExecutionOutputTypeDef, name: str) -> str:
    ended = execution.get("stopDate")
    at = f" at {ended:%Y-%m-%d %H:%M:%S %Z}" if ended else ""
    return f"No deployment of {name} is under way. The last one ended{at}:"
