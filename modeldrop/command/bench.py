"""`modeldrop bench`: what an endpoint can do, measured from here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model_packager.spec.load_profile import best_point, load_summary
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.load import (
    DEFAULT_CONCURRENCY,
    Concurrency,
    Seconds,
    load_of,
    table,
)
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.interruption import announce
from modeldrop.live.bench import bench as measure
from modeldrop.live.live_model import asking_with, read_target

if TYPE_CHECKING:
    from model_client.load import Level
    from model_packager.spec.load_profile import LoadProfile
    from modeldrop.live.bench import Measured
    from modeldrop.live.live_model import Target

Input = Annotated[
    Path | None,
    typer.Option("--input", help="What to ask: .npy, .npz, .json, .png, .jpg; else the sample."),
]


@choosing_stack
def bench(
    chosen: StackChoice,
    name: ModelName,
    concurrency: Concurrency = DEFAULT_CONCURRENCY,
    seconds: Seconds = 5,
    asked: Input = None,
    as_json: Json = False,
) -> None:
    """Measure the endpoint of model NAME with more and more clients at a time.

    The requests are those of its smoke test. Exit code 1: one of them went wrong.
    """
    announce("Interrupted. The endpoint keeps running.")
    load = load_of(concurrency, seconds)
    found = chosen.find()
    target = read_target(found.session, name, found.artifact_bucket)
    if asked is not None:
        target = asking_with(target, asked)
    with console.status(f"Asking {target.endpoint} for the first time") as status:

        def watch(level: Level) -> None:
            status.update(f"{level.concurrency} at a time, {level.request_format}, {seconds:g} s")

        measured = measure(found.session, target, load, watch)
    if as_json:
        print_json(_document(target, load, measured))
    else:
        _show(target, measured)


def _document(target: Target, load: LoadProfile, measured: Measured) -> dict[str, Any]:
    limit = target.smoke_test.max_p95_ms
    own = [e for e in measured.points if e.request_format == target.smoke_test.request_format]
    best = best_point(own, limit)
    return {
        "model": target.model,
        "version": target.version,
        "endpoint": target.endpoint,
        "input": measured.asked,
        "seconds": load.seconds,
        "first_ms": measured.first_ms,
        "max_p95_ms": limit,
        "points": [each.model_dump() for each in measured.points],
        "best": best.model_dump() if best else None,
    }


def _show(target: Target, measured: Measured) -> None:
    title = f"[bold]{target.endpoint}[/bold], version {target.version}, {measured.asked}"
    console.print(title, soft_wrap=True)
    console.print(f"First answer after {measured.first_ms:,.1f} ms\n")
    console.print(table(measured.points))
    told = load_summary(measured.points, target.smoke_test.max_p95_ms)
    console.print(f"\n{told}", soft_wrap=True)
