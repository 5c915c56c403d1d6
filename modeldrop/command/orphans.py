"""`modeldrop orphans`: what of ours nothing refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from modeldrop.command.terminal.deployed_stack import (
    DeployedStack,
    StackChoice,
    Yes,
    choosing_stack,
)
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.interruption import announce
from modeldrop.orphans.find import Kind, Orphan, find_orphans
from modeldrop.orphans.removal import remove
from modeldrop.orphans.survey import survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    Look = tuple[tuple[Orphan, ...], tuple[str, ...]]


@choosing_stack
def orphans(
    chosen: StackChoice,
    delete: Annotated[bool, typer.Option("--delete", help="Ask, then remove them.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Report what the stack made and nothing refers to, with the reason of each.

    Exit code 0: there is none; 1: some are there, or stay after --delete, or not all could be
    looked at. A log group alone counts for nothing.
    """
    found = chosen.find()
    seen, unseen = _look(found)
    _tell(seen, unseen)
    removed, failed = list[Orphan](), dict[str, str]()
    if delete and any(not each.told_only for each in seen):
        if not (yes or chosen.local):
            typer.confirm("Remove them?", abort=True, err=True)
            seen = tuple(each for each in _look(found)[0] if each in seen)  # it took its time
        announce("Interrupted. Some orphans are removed. List the others with: modeldrop orphans")
        removed, failed = _remove(found, seen)
    left = [each for each in seen if each not in removed]
    if as_json:
        print_json(
            {
                "orphans": [_row(each) for each in left],
                "removed": [_row(each) for each in removed],
                "failed": failed,
                "unseen": list(unseen),
            }
        )
    billed = [each for each in left if each.kind is not Kind.LOG_GROUP]
    raise typer.Exit(1 if billed or unseen else 0)


def _look(found: DeployedStack) -> Look:
    with console.status("Looking at what stands"):
        standing = survey(
            found.session,
            prefix=found.prefix,
            artifact_bucket=found.artifact_bucket,
        )
    return find_orphans(standing), standing.unseen


def _tell(seen: Sequence[Orphan], unseen: Sequence[str]) -> None:
    for each in seen:
        stays = " (only told: --delete leaves it)" if each.told_only else ""
        console.print(f"{each.kind} {each.name}{stays}\n    {each.reason}", soft_wrap=True)
    for what in unseen:
        console.print(f"Not looked at: {what}", markup=False, soft_wrap=True)
    if not seen and not unseen:
        console.print("Nothing: everything that stands is referred to.")


def _remove(found: DeployedStack, seen: Sequence[Orphan]) -> tuple[list[Orphan], dict[str, str]]:
    removed, failed = list[Orphan](), dict[str, str]()
    for each, error in remove(found.session, seen, found.artifact_bucket):
        if error is None:
            removed.append(each)
            console.print(f"Removed {each.kind} {each.name}", soft_wrap=True)
        else:
            failed[f"{each.kind} {each.name}"] = error
            console.print(
                f"Not removed: {each.kind} {each.name}: {error}", markup=False, soft_wrap=True
            )
    return removed, failed


def _row(orphan: Orphan) -> dict[str, Any]:
    return {
        "kind": orphan.kind,
        "name": orphan.name,
        "reason": orphan.reason,
        "told_only": orphan.told_only,
    }
