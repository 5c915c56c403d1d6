"""`modeldrop wake`: deploy the live version of a sleeping model again."""

from __future__ import annotations

from typing import Annotated

import typer

from modeldrop.api.endpoint import start_wake
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.following import follow_restored
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.screen import Json
from modeldrop.interruption import announce
from modeldrop.live.rollback import sleeping_version
from modeldrop.live.version_history import read_history


@choosing_stack
def wake(
    chosen: StackChoice,
    name: ModelName,
    wait: Annotated[bool, typer.Option(help="Follow the deployment to its result.")] = True,
    as_json: Json = False,
) -> None:
    """Deploy the version of model NAME that went to sleep. It is tested first.

    Exit code 0: it SUCCEEDED, or started with --no-wait; 1: it failed, and the model stays asleep;
    2: the model is not asleep; 130: Ctrl-C, and a deployment that has started continues.
    """
    announce("Interrupted. Nothing was started.")
    stack = chosen.find()
    history = read_history(
        stack.session, name, prefix=stack.prefix, artifact_bucket=stack.artifact_bucket
    )
    record = sleeping_version(history)
    resume_command = chosen.command("watch", name)
    announce(
        f"If the deployment has started, it continues. Follow it with: {resume_command}",
        resume_command=resume_command,
    )
    deployment = start_wake(stack, name, record)
    follow_restored(chosen, deployment, record.version, wait=wait, as_json=as_json)
