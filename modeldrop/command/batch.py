"""`modeldrop batch`: run a model on the files of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from model_packager.names.batch import BATCH_RESULTS, BATCH_SUMMARY
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.progress import progress
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.command.terminal.upload_progress import upload_progress
from modeldrop.executions.outcome import follow_to_outcome
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import announce
from modeldrop.live.batch_job import (
    MACHINE,
    download_results,
    job_folder,
    read_inputs,
    start,
    upload_inputs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modeldrop.executions.published import Published

POLL_SECONDS = 1.0
SHOWN_FAILURES = 10

Folder = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", help="Folder with .npy, .npz, .png, .jpg, .json, .jsonl."),
]


@choosing_stack
def batch(
    chosen: StackChoice,
    name: ModelName,
    folder: Folder,
    job: Annotated[
        str | None, typer.Option(help="Name of the batch job. Default: the name of FOLDER.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder for the results. Default: _results/ in FOLDER."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the live version of model NAME on the files in FOLDER. Download the results.

    The files go into the drop bucket, as a batch job next to the model. The same command again
    sends only files that changed, and runs the job again. Exit code 0: every input has its result;
    1: the job failed, or summary.json names inputs that failed; 2: nothing was uploaded; 130:
    Ctrl-C, and a job that has started continues.
    """
    announce("Interrupted. The batch job was not started.")
    inputs = read_inputs(folder)
    stack = chosen.find()
    s3 = stack.session.client("s3")
    target = job_folder(s3, stack.outputs, name, job or folder.resolve().name)
    with upload_progress(target.prefix, inputs.size) as sent:
        upload_inputs(s3, inputs, target, sent)
    results_in = f"Its results will be in s3://{target.bucket}/{target.prefix}{BATCH_RESULTS}"
    announce(f"If the batch job has started, it continues. {results_in}")
    arn = start(stack.session, stack.outputs[MACHINE], target)
    announce(f"The batch job continues. {results_in}", execution_arn=arn)
    with progress() as watch:
        outcome = follow_to_outcome(
            stack.session.client("stepfunctions"), arn, watch, poll_seconds=POLL_SECONDS
        )
    published, results = outcome.notification, output or folder / BATCH_RESULTS
    if published.content.get("summary"):
        with console.status(f"Downloading the results to {results}"):
            download_results(s3, target, results)
    if as_json:
        print_json(published.content)
    else:
        _show(published, results)
    succeeded = published.content["status"] == "SUCCEEDED"
    raise typer.Exit(ExitCode.DONE if succeeded else ExitCode.FAILED)


def _show(published: Published, results: Path) -> None:
    console.print(Text(f"\n{published.subject}", "bold"))
    console.print_rows(rows(published.content, results))


def rows(content: dict[str, Any], results: Path) -> list[tuple[str, str]]:
    """Return the rows of the result."""
    return list(_rows(content, results))


def _rows(content: dict[str, Any], results: Path) -> Iterator[tuple[str, str]]:
    yield "status", content["status"]
    for name, key in (("version", "version"), ("failed at", "failed_state")):
        if content.get(key):
            yield name, content[key]
    counts = content.get("counts")
    if counts:
        yield "inputs", ", ".join(f"{count:,} {name}" for name, count in counts.items())
    failures = content.get("failures") or []
    for each in failures[:SHOWN_FAILURES]:
        record = f", {each['record']}" if each["record"] else ""
        yield "failure", f"{each['input']}{record}: {each['cause']}"
    if len(failures) > SHOWN_FAILURES:
        yield "failure", f"more in {results / BATCH_SUMMARY}"
    if content.get("remaining"):
        yield "not removed", ", ".join(content["remaining"])
    for name in ("cause", "fix"):
        if content.get(name):
            yield name, content[name]
    if content.get("summary"):
        yield "results", str(results)
