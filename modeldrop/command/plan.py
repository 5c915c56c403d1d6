"""`modeldrop plan`: show what a drop creates on AWS, offline."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE
from rich.table import Table

from modeldrop.command.inspect import File, Name, Spec
from modeldrop.command.terminal.screen import Json, console, print_json, rejection_as_json
from modeldrop.dropping.offline_inspection import inspect_file
from modeldrop.dropping.plan import PLACEHOLDERS, PRICE, Plan, make_plan
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.samconfig import read_samconfig
from modeldrop.stack.template import Permission, read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_REGION = "us-east-1"

Region = Annotated[
    str | None,
    typer.Option(help=f"Default: samconfig.toml, then AWS_REGION, then {DEFAULT_REGION}."),
]


def plan(
    file: File,
    spec: Spec = None,
    name: Name = "model",
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Show offline what dropping FILE creates on AWS.

    The stack's parameters are those of samconfig.toml, then the template's defaults. Exit code 2:
    the pipeline rejects FILE.
    """
    template = read_template()
    with rejection_as_json(as_json):
        stack = _stack(template, region)
        inspection = inspect_file(file, spec, name, stack=stack)
        planned = make_plan(inspection, name, stack, template)
    if as_json:
        print_json({"accepted": True, **planned.document()})
    else:
        _show(planned)


def _stack(template: Mapping[str, Any], region: str | None) -> StackParameters:
    configured = read_samconfig(Path.cwd(), None)
    set_by = (os.environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
    known = region or configured.region or next(filter(None, set_by), DEFAULT_REGION)
    return StackParameters.of(template, known, configured.parameters)


def _show(planned: Plan) -> None:
    _say(f"Dropping {planned.model}/model.pt into a stack in {planned.region} creates:\n")
    _say(_resources(planned))
    _say(f"\nRequests to SageMaker:\n\n{_requests(planned)}")
    _say(f"{_price(planned)}\n")
    _say(f"{_limits(planned)}\n")
    _say("Permissions of the stack's roles:\n")
    console.print(_permissions(planned.permissions))
    for each in planned.warnings:
        _say(f"Warning: {each.cause}\nFix: {each.fix}\n")
    for note in planned.notes:
        _say(f"Note: {note}")
    _say("Placeholders: " + "; ".join(f"{name}: {what}" for name, what in PLACEHOLDERS.items()))


def _say(text: str) -> None:
    console.print(text, soft_wrap=True)


def _resources(planned: Plan) -> str:
    return "\n".join(
        f"  {kind.replace('_', ' '):<16}{name}" for kind, name in planned.resources.items()
    )


def _requests(planned: Plan) -> str:
    return "\n".join(
        f"{each.operation}{f', if {each.when}' if each.when else ''}\n"
        f"{json.dumps(each.parameters, indent=2)}\n"
        for each in planned.requests
    )


def _price(planned: Plan) -> str:
    of = planned.price_class
    has = of["has"] or "not in the table of instance types"
    if planned.hosting.serverless is not None:
        return f"Price class: {planned.hosting.capacity}.\n{of['idle']}"
    return f"Price class: {planned.hosting.capacity} ({has}). {PRICE}\n{of['idle']}"


def _limits(planned: Plan) -> str:
    of = planned.cost_limits
    if planned.hosting.serverless is not None:
        return "Cost limits: none of the stack applies, because the endpoint has no instances."
    plural = "" if of["most_instances"] == 1 else "s"
    types, allowed = of["instance_types"], of["allowed_instance_types"]
    return (
        f"Cost limits: the model may use {of['most_instances']} instance{plural} of "
        f"{' or '.join(types)}. The stack allows {of['max_instances']} per model, of "
        f"{', '.join(allowed)}. An update may double the number while it runs."
    )


def _permissions(permissions: tuple[Permission, ...]) -> Table:
    actions: dict[str, list[str]] = {}
    for each in permissions:
        actions.setdefault(each.who, []).extend(each.actions)
    table = Table("role of", "actions", box=SIMPLE)
    for who, theirs in actions.items():
        table.add_row(who, ", ".join(dict.fromkeys(theirs)))
    return table
