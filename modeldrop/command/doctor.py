"""`modeldrop doctor`: check the account and the stack before a drop."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.doctor.examination import Examination
from modeldrop.doctor.finding import Finding, Status, worst
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import announce

_COLORS = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "red"}
_INDENT = " " * 9


@choosing_stack
def doctor(
    chosen: StackChoice,
    instance_type: Annotated[
        str | None,
        typer.Option(help="Check the quota of this type. Default: the stack's InstanceType."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the account and the stack before a drop. It only reads.

    Checks credentials, Triton image, quota, stack, permissions of its roles, events and
    subscriptions. On AWS it takes about half a minute.

    Exit code 0: all checks passed, or only with warnings; 1: a check failed.
    """
    announce("Interrupted. Nothing was changed.")
    session, stack = chosen.place()
    examination = Examination(session, stack, local=chosen.local, instance_type=instance_type)
    findings = list[Finding]()
    with console.status("Checking"):
        for each in examination.run():
            findings.append(each)
            _show(each)
    if as_json:
        print_json({"status": worst(findings), "checks": [_row(each) for each in findings]})
    if worst(findings) is Status.FAILED:
        raise typer.Exit(ExitCode.FAILED)


def _show(finding: Finding) -> None:
    status = (f"{finding.status:<9}", _COLORS[finding.status])
    console.print(Text.assemble(status, f"{finding.check}: {finding.text}"))
    if finding.fix:
        console.print(f"{_INDENT}Fix: {finding.fix}")


def _row(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "status": finding.status,
        "text": finding.text,
        "fix": finding.fix,
    }
