"""`modeldrop tune`: find the settings of deploy.yaml that serve a model fastest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from rich.table import Table
from rich.text import Text

from model_client.sample_file import File
from model_packager.spec.load_profile import best_point
from modeldrop.command.inspect import File as ModelFile
from modeldrop.command.inspect import Spec
from modeldrop.command.terminal.deployed_stack import StackChoice, Yes, choosing_stack
from modeldrop.command.terminal.load import Concurrency, Seconds, load_of
from modeldrop.command.terminal.output_file import check_output
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.dropping.drop import model_file
from modeldrop.dropping.offline_inspection import inspect_for_stack, read_file, read_spec
from modeldrop.errors import UsageError
from modeldrop.interruption import Interrupted
from modeldrop.local.local_server import local_server
from modeldrop.tuning.endpoint_server import endpoint_server
from modeldrop.tuning.run import MODEL, TuningJob, run_tuning
from modeldrop.tuning.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from modeldrop.tuning.run import CandidateServer
    from modeldrop.tuning.search import Candidate, CandidateResult, Tuning

Minutes = Annotated[float, typer.Option(help="Time limit of the search.")]
Limit = Annotated[
    float | None,
    typer.Option(
        help="Upper limit of the 95th percentile of latency. Takes precedence over throughput."
    ),
]
Input = Annotated[
    Path | None,
    typer.Option("--input", help="Input to send: .npy, .npz, .png, .jpg. Default: random data."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Also write the best keys to this file, if they are new."),
]
OnEndpoint = Annotated[
    bool,
    typer.Option("--endpoint", help="Measure on an endpoint of the stack: one drop per candidate."),
]


@choosing_stack
def tune(
    chosen: StackChoice,
    file: ModelFile,
    minutes: Minutes = 5,
    max_p95_ms: Limit = None,
    concurrency: Concurrency = "1,4,8",
    seconds: Seconds = 1.5,
    spec: Spec = None,
    input_file: Input = None,
    output: Output = None,
    on_endpoint: OnEndpoint = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Measure FILE with different settings of deploy.yaml, and show the fastest.

    Runs on this computer. With --endpoint, runs on the stack's instance type as a temporary model,
    which is removed at the end. Exit code 1: the model cannot be served with its current settings;
    2: it cannot be tuned here; 130: Ctrl-C, after the results so far.
    """
    file = model_file(file)
    if not minutes > 0:  # also if it is NaN
        raise UsageError("--minutes should be greater than 0.")
    if output is not None:
        check_output(output, source=file)
    job = TuningJob(
        file=file,
        spec=read_spec(file, spec),
        sample=File(input_file.name, read_file(input_file)) if input_file else None,
        load=load_of(concurrency, seconds),
        max_p95_ms=max_p95_ms,
        minutes=minutes,
    )
    search = Search(max_p95_ms, lambda result: _print_result(result, max_p95_ms))
    try:
        with _server(chosen, job, on_endpoint=on_endpoint, yes=yes) as server:
            with console.status("Measuring candidates"):
                run_tuning(job, server, search)
            console.print(Text("Removing the candidates", "dim"))
    except Interrupted:
        if search.results:
            report(search.tuning(), output, max_p95_ms, as_json=as_json)
        raise
    report(search.tuning(), output, max_p95_ms, as_json=as_json)


def _server(
    chosen: StackChoice, job: TuningJob, *, on_endpoint: bool, yes: bool
) -> AbstractContextManager[CandidateServer]:
    if not on_endpoint:
        if chosen != StackChoice(local=chosen.local):
            raise UsageError("The options of the stack need --endpoint.")
        return local_server(job.file)
    stack = chosen.find()
    inspect_for_stack(job.file, job.spec, MODEL, stack=stack.parameters)  # applies the cost limits
    if not (yes or chosen.local):
        typer.confirm(
            f"Deploy {job.file.name} repeatedly for {job.minutes:g} minutes? AWS bills the "
            "endpoint while it exists.",
            abort=True,
            err=True,
        )
    return endpoint_server(
        stack.session,
        stack.outputs,
        job.file,
        delete_command=lambda model: chosen.command("delete", model),
    )


def best_keys(tuning: Tuning) -> dict[str, Any]:
    """Return the best keys for deploy.yaml; empty if the current settings are best."""
    return {} if tuning.best is tuning.results[0] else tuning.best.candidate.keys()


def report(tuning: Tuning, output: Path | None, max_p95_ms: float | None, *, as_json: bool) -> None:
    """Show the results, and write the best keys to `output` if they are new."""
    keys = yaml.safe_dump(best_keys(tuning), sort_keys=False) if best_keys(tuning) else ""
    if output is not None and keys:
        output.write_text(keys)
    if as_json:
        print_json(_document(tuning, max_p95_ms))
    else:
        _show(tuning, keys, max_p95_ms)
    if output is not None:
        wrote = f"Wrote {output}." if keys else f"{output} was not written."
        console.print(wrote)


def _document(tuning: Tuning, max_p95_ms: float | None) -> dict[str, Any]:
    return {
        "max_p95_ms": max_p95_ms,
        "keys": best_keys(tuning),
        "stopped": tuning.stopped,
        "candidates": [
            {
                "keys": each.candidate.keys(),
                "best": each is tuning.best,
                "error": each.error,
                "points": [point.model_dump() for point in each.points],
            }
            for each in tuning.results
        ],
    }


def _show(tuning: Tuning, keys: str, max_p95_ms: float | None) -> None:
    console.print()
    console.print(_table(tuning.results, tuning.best, max_p95_ms))
    for each in tuning.results:
        if each.error:
            console.print(f"\n{_settings(each.candidate)}: {each.error}")
    console.print(f"\n{tuning.stopped}")
    if keys:
        console.print("Best keys for deploy.yaml:\n")
        console.print(keys, soft_wrap=True)
    else:
        console.print("The current settings are best.")


def _table(
    results: Iterable[CandidateResult], best: CandidateResult, max_p95_ms: float | None
) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for column in ("instances", "batch", "delay µs", "preferred", "items/s", "p95 ms", "clients"):
        table.add_column(column, justify="right")
    table.add_column("", no_wrap=True)
    for result in results:
        candidate = result.candidate
        batching = candidate.batch_size is not None
        point = best_point(result.points, max_p95_ms)
        shown = point or min(result.points, key=lambda each: each.p95_ms, default=None)
        table.add_row(
            "best" if result is best else "",
            str(candidate.instances),
            str(candidate.batch_size) if batching else "off",
            str(candidate.delay) if batching else "",
            ", ".join(map(str, candidate.preferred)),
            f"{shown.items_per_second:,.1f}" if shown else "",
            f"{shown.p95_ms:,.1f}" if shown else "",
            str(shown.concurrency) if shown else "",
            "failed" if result.error else "" if point else "too slow",
        )
    return table


def _print_result(result: CandidateResult, max_p95_ms: float | None) -> None:
    line = f"{_settings(result.candidate)}: {_outcome(result, max_p95_ms)}"
    console.print(Text(line, "dim"))


def _settings(candidate: Candidate) -> str:
    plural = "" if candidate.instances == 1 else "s"
    instances = f"{candidate.instances} instance{plural}"
    if candidate.batch_size is None:
        return f"{instances}, no dynamic batching"
    sizes = ", ".join(map(str, candidate.preferred))
    preferred = f", preferred {sizes}" if sizes else ""
    return f"{instances}, batches up to {candidate.batch_size}, {candidate.delay} µs{preferred}"


def _outcome(result: CandidateResult, max_p95_ms: float | None) -> str:
    if result.error:
        return result.error
    point = best_point(result.points, max_p95_ms)
    if point is None:
        return "over the limit"
    return f"{point.items_per_second:,.1f} items/s, p95 {point.p95_ms:,.1f} ms"
