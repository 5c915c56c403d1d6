"""`modeldrop tune`: the keys of deploy.yaml that make the most of a model, tried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from rich.table import Table

from model_client.sample_file import File
from model_packager.spec.load_profile import best_point
from modeldrop.command.inspect import File as ModelFile
from modeldrop.command.inspect import Spec
from modeldrop.command.terminal.deployed_stack import StackChoice, Yes, choosing_stack
from modeldrop.command.terminal.load import Concurrency, Seconds, load_of
from modeldrop.command.terminal.output_file import check_output
from modeldrop.command.terminal.screen import Json, give, people
from modeldrop.dropping.offline_inspection import read, spec_text
from modeldrop.errors import UsageError
from modeldrop.local.local_trial import model_trials
from modeldrop.tuning.endpoint_trial import endpoint_trials
from modeldrop.tuning.run import TuningJob, run_tuning

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from modeldrop.tuning.run import Trials
    from modeldrop.tuning.search import Candidate, Trial, Tuning

Minutes = Annotated[float, typer.Option(help="The time that the search may take.")]
Limit = Annotated[
    float | None,
    typer.Option(help="The most that the 95th percentile may be; it comes before throughput."),
]
Input = Annotated[
    Path | None,
    typer.Option("--input", help=".npy, .npz, .png or .jpg to ask with; else random data."),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the best keys to this file as well.")
]


OnEndpoint = Annotated[
    bool, typer.Option("--endpoint", help="Try on an endpoint of the stack: each trial is a drop.")
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
    asked: Input = None,
    output: Output = None,
    on_endpoint: OnEndpoint = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Serve FILE with other settings again and again, and name the best.

    On this computer; with --endpoint on the instance type that will serve it, as a model of its own
    that is removed at the end. Exit code 1: it cannot be served even as it is; 2: it cannot be
    tuned here.
    """
    if minutes <= 0:
        raise UsageError("--minutes should be greater than 0.")
    if output is not None:
        check_output(output, source=file)
    job = TuningJob(
        file=file,
        spec=spec_text(file, spec),
        sample=File(asked.name, read(asked)) if asked else None,
        load=load_of(concurrency, seconds),
        max_p95_ms=max_p95_ms,
        minutes=minutes,
    )
    with _trials(chosen, job, on_endpoint=on_endpoint, yes=yes) as trials:
        tuning = _search(job, trials)
        people.print("[dim]Removing what the trials made[/dim]")
    keys = yaml.safe_dump(best_keys(tuning), sort_keys=False) if best_keys(tuning) else ""
    if output is not None:
        output.write_text(keys)
    if as_json:
        give(_document(tuning, max_p95_ms))
    else:
        _show(tuning, keys, max_p95_ms)


def _trials(
    chosen: StackChoice, job: TuningJob, *, on_endpoint: bool, yes: bool
) -> AbstractContextManager[Trials]:
    if not on_endpoint:
        if chosen != StackChoice():
            raise UsageError("Which stack is for --endpoint: without it, FILE is served here.")
        return model_trials(job.file)
    found = chosen.find()
    if not (yes or chosen.local):
        typer.confirm(
            f"Deploy {job.file.name} again and again for {job.minutes:g} minutes? AWS bills the "
            "endpoint for as long as it stands.",
            abort=True,
            err=True,
        )
    return endpoint_trials(found.session, found.outputs, job.file)


def _search(job: TuningJob, trials: Trials) -> Tuning:
    with people.status("Serving the model as it is") as status:

        def watch(trial: Trial) -> None:
            people.print(
                f"[dim]{_settings(trial.candidate)}: {_result(trial, job.max_p95_ms)}[/dim]"
            )
            status.update("Trying other settings")

        return run_tuning(job, trials, watch)


def best_keys(tuning: Tuning) -> dict[str, Any]:
    """Give the keys that are to be written; none where the settings are best as they are."""
    return {} if tuning.best is tuning.trials[0] else tuning.best.candidate.keys()


def _document(tuning: Tuning, max_p95_ms: float | None) -> dict[str, Any]:
    return {
        "max_p95_ms": max_p95_ms,
        "keys": best_keys(tuning),
        "stopped": tuning.stopped,
        "trials": [
            {
                "keys": each.candidate.keys(),
                "best": each is tuning.best,
                "problem": each.problem,
                "points": [point.model_dump() for point in each.points],
            }
            for each in tuning.trials
        ],
    }


def _show(tuning: Tuning, keys: str, max_p95_ms: float | None) -> None:
    people.print()
    people.print(_table(tuning.trials, tuning.best, max_p95_ms))
    people.print(f"\n{tuning.stopped}")
    if keys:
        people.print("These keys of deploy.yaml are best:\n")
        people.print(keys, markup=False)
    else:
        people.print("The settings are best as they are.")


def _table(trials: Iterable[Trial], best: Trial, max_p95_ms: float | None) -> Table:
    shown = Table(box=None, pad_edge=False)
    shown.add_column("")
    for column in ("copies", "joined", "delay µs", "preferred", "items/s", "p95 ms", "clients"):
        shown.add_column(column, justify="right")
    shown.add_column("", overflow="fold")
    for trial in trials:
        tried = trial.candidate
        joins = tried.joined is not None
        point = best_point(trial.points, max_p95_ms)
        nearest = point or min(trial.points, key=lambda each: each.p95_ms, default=None)
        shown.add_row(
            "best" if trial is best else "",
            str(tried.copies),
            str(tried.joined) if joins else "off",
            str(tried.delay) if joins else "",
            ", ".join(map(str, tried.preferred)),
            f"{nearest.items_per_second:,.1f}" if nearest else "",
            f"{nearest.p95_ms:,.1f}" if nearest else "",
            str(nearest.concurrency) if nearest else "",
            trial.problem or ("" if point else "over the limit"),
        )
    return shown


def _settings(tried: Candidate) -> str:
    copies = f"{tried.copies} {'copy' if tried.copies == 1 else 'copies'}"
    if tried.joined is None:
        return f"{copies}, no dynamic batching"
    preferred = f", preferred {', '.join(map(str, tried.preferred))}" if tried.preferred else ""
    return f"{copies}, batches up to {tried.joined}, {tried.delay} µs{preferred}"


def _result(trial: Trial, max_p95_ms: float | None) -> str:
    if trial.problem:
        return trial.problem.replace("[", r"\[")
    point = best_point(trial.points, max_p95_ms)
    if point is None:
        return "over the limit"
    return f"{point.items_per_second:,.1f} items/s, p95 {point.p95_ms:,.1f} ms"
