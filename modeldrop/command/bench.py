"""`modeldrop bench`: measure the latency and throughput of an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from model_packager.names.version import version_text
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
from modeldrop.live.live_model import read_live_model, with_input

if TYPE_CHECKING:
    from model_client.load import Level
    from model_packager.spec.load_profile import LoadProfile
    from modeldrop.live.bench import Measured
    from modeldrop.live.live_model import LiveModel

Input = Annotated[
    Path | None,
    typer.Option("--input", help="Input file: .npy, .npz, .json, .png, .jpg. Default: the sample."),
]


@choosing_stack
def bench(
    chosen: StackChoice,
    name: ModelName,
    concurrency: Concurrency = DEFAULT_CONCURRENCY,
    seconds: Seconds = 5,
    input_file: Input = None,
    as_json: Json = False,
) -> None:
    """Measure latency and throughput of model NAME with a growing number of clients.

    Sends the requests of the smoke test. Exit code 1: a request failed.
    """
    announce("Interrupted. The endpoint keeps running.")
    load = load_of(concurrency, seconds)
    stack = chosen.find()
    live_model = read_live_model(stack.session, name, stack.artifact_bucket)
    if input_file is not None:
        live_model = with_input(live_model, input_file)
    with console.status(f"Sending the first request to {live_model.endpoint}") as status:

        def watch(level: Level) -> None:
            status.update(f"{level.concurrency} clients, {level.request_format}, {seconds:g} s")

        measured = measure(stack.session, live_model, load, watch)
    if as_json:
        print_json(_document(live_model, load, measured))
    else:
        _show(live_model, measured)


def _document(live_model: LiveModel, load: LoadProfile, measured: Measured) -> dict[str, Any]:
    limit = live_model.smoke_test.max_p95_ms
    own = [e for e in measured.points if e.request_format == live_model.smoke_test.request_format]
    best = best_point(own, limit)
    return {
        "model": live_model.model,
        "version": live_model.version,
        "endpoint": live_model.endpoint,
        "input": measured.input,
        "seconds": load.seconds,
        "first_ms": measured.first_ms,
        "max_p95_ms": limit,
        "points": [each.model_dump() for each in measured.points],
        "best": best.model_dump() if best else None,
    }


def _show(live_model: LiveModel, measured: Measured) -> None:
    version = version_text(live_model.version, live_model.label)
    rest = f", version {version}, {measured.input}"
    title = Text.assemble((live_model.endpoint, "bold"), rest)
    console.print(title)
    console.print(f"First response after {measured.first_ms:,.1f} ms\n")
    console.print(table(measured.points))
    summary = load_summary(measured.points, live_model.smoke_test.max_p95_ms)
    console.print(f"\n{summary}")
