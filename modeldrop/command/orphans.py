"""`modeldrop orphans`: what of ours nothing refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from modeldrop.command.deployed_stack import (
    DEFAULT_STACK,
    DeployedStack,
    Home,
    Json,
    Local,
    Stack,
    Yes,
    find_stack,
)
from modeldrop.command.screen import give, people
from modeldrop.local import cloud
from modeldrop.orphan_removal import remove
from modeldrop.orphans import Kind, Orphan, find_orphans
from modeldrop.survey import survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    Look = tuple[tuple[Orphan, ...], tuple[str, ...]]


def orphans(
    delete: Annotated[bool, typer.Option("--delete", help="Ask, then remove them.")] = False,
    stack: Stack = DEFAULT_STACK,
    local: Local = False,
    home: Home = cloud.DEFAULT_HOME,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Report what the stack made and nothing refers to, with the reason of each.

    Exit code 0: there is none; 1: some are there, or stay after --delete, or not all could be
    looked at. A log group alone counts for nothing.
    """
    found = find_stack(stack, local=local, home=home)
    seen, unseen = _look(found)
    _tell(seen, unseen)
    removed, failed = list[Orphan](), dict[str, str]()
    if delete and any(not each.told_only for each in seen):
        if not (yes or local):
            typer.confirm("Remove them?", abort=True, err=True)
            seen = tuple(each for each in _look(found)[0] if each in seen)  # it took its time
        removed, failed = _remove(found, seen)
    left = [each for each in seen if each not in removed]
    if as_json:
        give(
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
    with people.status("Looking at what stands"):
        standing = survey(
            found.session,
            prefix=found.outputs["EndpointPrefix"],
            artifact_bucket=found.outputs["ArtifactBucketName"],
        )
    return find_orphans(standing), standing.unseen


def _tell(seen: Sequence[Orphan], unseen: Sequence[str]) -> None:
    for each in seen:
        stays = " (only told: --delete leaves it)" if each.told_only else ""
        people.print(f"{each.kind} {each.name}{stays}\n    {each.reason}", soft_wrap=True)
    for what in unseen:
        people.print(f"Not looked at: {what}", markup=False, soft_wrap=True)
    if not seen and not unseen:
        people.print("Nothing: everything that stands is referred to.")


def _remove(found: DeployedStack, seen: Sequence[Orphan]) -> tuple[list[Orphan], dict[str, str]]:
    removed, failed = list[Orphan](), dict[str, str]()
    for each, error in remove(found.session, seen, found.outputs["ArtifactBucketName"]):
        if error is None:
            removed.append(each)
            people.print(f"Removed {each.kind} {each.name}", soft_wrap=True)
        else:
            failed[f"{each.kind} {each.name}"] = error
            people.print(
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
