"""`modeldrop orphans`: list and remove resources that nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from modeldrop.api.stack import DeployedStack
from modeldrop.command.terminal.deployed_stack import (
    StackChoice,
    Yes,
    choosing_stack,
)
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.interruption import announce
from modeldrop.orphans.find import Kind, Orphan, find_orphans
from modeldrop.orphans.removal import remove
from modeldrop.orphans.scan import scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    Scan = tuple[tuple[Orphan, ...], tuple[str, ...]]


@choosing_stack
def orphans(
    chosen: StackChoice,
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove them after confirmation.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """List resources of the stack that nothing uses, with the reason.

    Exit code 0: no orphans; 1: orphans exist or remain after --delete, or a service could not be
    checked. Log groups do not count.
    """
    stack = chosen.find()
    orphans, unchecked = _scan(stack)
    _show(orphans, unchecked)
    removed, failed = list[Orphan](), dict[str, str]()
    if delete and any(not each.report_only for each in orphans):
        if not (yes or chosen.local):
            typer.confirm("Remove them?", abort=True, err=True)
            current = _scan(stack)[0]  # the user may have answered hours later
            orphans = tuple(each for each in current if each in orphans)
        others = chosen.command("orphans")
        announce(f"Interrupted. Some orphans are removed. List the others with: {others}")
        removed, failed = _remove(stack, orphans)
    left = [each for each in orphans if each not in removed]
    if as_json:
        print_json(
            {
                "orphans": [_row(each) for each in left],
                "removed": [_row(each) for each in removed],
                "failed": failed,
                "unchecked": list(unchecked),
            }
        )
    billed = [each for each in left if each.kind is not Kind.LOG_GROUP]
    raise typer.Exit(1 if billed or unchecked else 0)


def _scan(stack: DeployedStack) -> Scan:
    with console.status("Scanning resources"):
        inventory = scan(
            stack.session,
            prefix=stack.prefix,
            artifact_bucket=stack.artifact_bucket,
        )
    return find_orphans(inventory), inventory.unchecked


def _show(orphans: Sequence[Orphan], unchecked: Sequence[str]) -> None:
    for each in orphans:
        note = " (--delete keeps it)" if each.report_only else ""
        console.print(f"{each.kind} {each.name}{note}\n    {each.reason}")
    for what in unchecked:
        console.print(f"Not checked: {what}")
    if not orphans and not unchecked:
        console.print("No orphans.")


def _remove(stack: DeployedStack, orphans: Sequence[Orphan]) -> tuple[list[Orphan], dict[str, str]]:
    removed, failed = list[Orphan](), dict[str, str]()
    for each, error in remove(stack.session, orphans, stack.artifact_bucket):
        if error is None:
            removed.append(each)
            console.print(f"Removed {each.kind} {each.name}")
        else:
            failed[f"{each.kind} {each.name}"] = error
            console.print(f"Not removed: {each.kind} {each.name}: {error}")
    return removed, failed


def _row(orphan: Orphan) -> dict[str, Any]:
    return {
        "kind": orphan.kind,
        "name": orphan.name,
        "reason": orphan.reason,
        "report_only": orphan.report_only,
    }
