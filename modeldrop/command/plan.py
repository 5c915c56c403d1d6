"""`modeldrop plan`: show what a drop creates on AWS, offline."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from modeldrop.command.inspect import File, Name, Spec, caveat_rows, signature_rows
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.screen import Json, console, print_json, rejection_as_json
from modeldrop.dropping.drop import model_file, model_name_for
from modeldrop.dropping.offline_inspection import inspect_file
from modeldrop.dropping.plan import Plan, make_plan
from modeldrop.dropping.planned_requests import PLACEHOLDERS
from modeldrop.dropping.running_pool import read_pool
from modeldrop.errors import UsageError
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.samconfig import read_samconfig
from modeldrop.stack.template import Permission, read_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from model_packager.inspection import Inspection

DEFAULT_REGION = "us-east-1"

Live = Annotated[
    bool, typer.Option("--live", help="Use the deployed stack, and compare with its pool.")
]


@choosing_stack
def plan(
    chosen: StackChoice,
    file: File,
    spec: Spec = None,
    name: Name = None,
    requests: Annotated[
        bool, typer.Option("--requests", help="Show the requests to SageMaker.")
    ] = False,
    roles: Annotated[
        bool, typer.Option("--permissions", help="Show the permissions of the stack's roles.")
    ] = False,
    live: Live = False,
    as_json: Json = False,
) -> None:
    """Show what dropping FILE creates on AWS, offline by default.

    Offline, the stack's parameters are those of samconfig.toml, then the template's defaults, in
    the Region of samconfig.toml, AWS_REGION, or us-east-1. With --live, they are those of the
    deployed stack. A model for a pool is then compared with the pool that runs. Exit code 2: the
    pipeline rejects FILE.
    """
    if not live and (chosen.stack or chosen.profile):
        raise UsageError("--stack and --profile name a deployed stack.", "Add --live.")
    template, file = read_template(), model_file(file)
    deployed = chosen.find() if live else None
    with rejection_as_json(as_json):
        stack = deployed.parameters if deployed else _stack(template, chosen)
        model = name or model_name_for(file)
        inspection = inspect_file(file, spec, model, stack=stack)
        pool, running = inspection.spec.hosting.pool, None
        if deployed is not None and pool is not None:
            running = read_pool(
                deployed.session, pool, prefix=deployed.prefix, bucket=deployed.artifact_bucket
            )
        planned = make_plan(inspection, model, stack, template, running, file.stat().st_size)
    if as_json:
        print_json({"accepted": True, **planned.document()})
    else:
        _show(planned, inspection, requests=requests, roles=roles)


def _stack(template: Mapping[str, Any], chosen: StackChoice) -> StackParameters:
    configured = read_samconfig(Path.cwd(), chosen.config_env)
    set_by = (os.environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
    known = chosen.region or configured.region or next(filter(None, set_by), DEFAULT_REGION)
    return StackParameters.of_samconfig(template, known, configured.parameters)


def _show(planned: Plan, inspection: Inspection, *, requests: bool, roles: bool) -> None:
    if requests:
        console.print(_requests(planned), soft_wrap=True)
        known = (f"{name}: {what}" for name, what in PLACEHOLDERS.items())
        console.print(f"Placeholders: {'; '.join(known)}")
    if roles:
        console.print_rows(_permissions(planned.permissions))
    if not (requests or roles):
        console.print(Text(f"{planned.model} can be deployed in {planned.region}", "bold"))
        console.print_rows(_card(planned, inspection))


def _card(planned: Plan, inspection: Inspection) -> Iterator[tuple[str, str]]:
    yield "endpoint", planned.resources["endpoint"]
    yield "artifact", planned.resources["artifact"]
    yield from signature_rows(inspection)
    yield "runs on", _capacity(planned)
    yield "price", planned.price_class["idle"]
    if planned.schedule:
        yield "schedule", planned.schedule
    if planned.pool:
        yield "pool", planned.pool.text
    if planned.staging:
        yield "updates", planned.staging
    yield "limits", _limits(planned)
    yield from caveat_rows(planned.warnings, planned.notes)
    yield "more", "--requests: to SageMaker; --permissions: of the stack's roles"


def _requests(planned: Plan) -> str:
    return "\n".join(
        f"{each.operation}{f', if {each.when}' if each.when else ''}\n"
        f"{json.dumps(each.parameters, indent=2)}\n"
        for each in planned.requests
    )


def _capacity(planned: Plan) -> str:
    has = planned.price_class["has"] or "not in the table of instance types"
    capacity = planned.hosting.capacity
    return capacity if planned.hosting.serverless else f"{capacity} ({has})"


def _limits(planned: Plan) -> str:
    of = planned.cost_limits
    if planned.hosting.serverless is not None:
        return "none of the stack's apply, because the endpoint has no instances"
    plural = "" if of["max_capacity"] == 1 else "s"
    types, allowed = of["instance_types"], of["allowed_instance_types"]
    return (
        f"{of['max_capacity']} instance{plural} of {' or '.join(types)}, twice as many during "
        f"an update; the stack allows {of['max_instances']} per model, of {len(allowed)} types"
    )


def _permissions(permissions: tuple[Permission, ...]) -> list[tuple[str, str]]:
    actions: dict[str, list[str]] = {}
    for each in permissions:
        actions.setdefault(each.who, []).extend(each.actions)
    return [(who, ", ".join(dict.fromkeys(theirs))) for who, theirs in actions.items()]
