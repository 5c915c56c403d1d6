"""`modeldrop invoke`: ask a model something, as its clients do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from model_client.latency import percentile
from model_client.tensors import PICTURES
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.output_file import check_output
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.errors import UsageError
from modeldrop.interruption import announce
from modeldrop.live.invocation import invoke as ask
from modeldrop.live.live_model import asking_with, read_target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modeldrop.live.invocation import Invocation
    from modeldrop.live.live_model import Target

FILES = (*PICTURES, ".npy", ".npz", ".json")
SHOWN_ITEMS = 8
GIVEN_VALUES = 10_000
"""The most of an output that goes into the JSON document; --output keeps any number."""

Input = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE", help=".png, .jpg, .npy, .npz or .json; else the model's own sample."
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Keep the answer in this .npz file.")
]


@choosing_stack
def invoke(
    chosen: StackChoice,
    name: ModelName,
    file: Input = None,
    repeat: Annotated[int, typer.Option(min=1, max=10_000, help="Ask as often.")] = 1,
    top: Annotated[
        int | None,
        typer.Option(min=0, help="How many best classes to show; else 5 of a model with labels."),
    ] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Ask the endpoint of model NAME with FILE, in Triton's binary format, and show the answer.

    Pictures are prepared as for its smoke test. Exit code 1: it did not answer, or refused; 2:
    there is no such model, or FILE does not fit it.
    """
    announce("Interrupted. The endpoint keeps running.")
    _check(file, output)
    found = chosen.find()
    target = read_target(found.session, name, found.artifact_bucket)
    if file is not None:
        target = asking_with(target, file)
    with console.status(f"Asking {target.endpoint}"):
        asked = ask(found.session, target, repeat=repeat, top=top)
    if output is not None:
        np.savez(output, allow_pickle=False, **asked.outputs)
    if as_json:
        print_json(document(target, asked))
    else:
        _show(target, asked)


def _check(file: Path | None, output: Path | None) -> None:
    if file is not None and not file.is_file():
        raise UsageError(f"There is no file {file}.")
    if file is not None and file.suffix.lower() not in FILES:
        raise UsageError(f"{file} is no input: take one of {', '.join(FILES)}.")
    if output is not None:
        if output.suffix != ".npz":
            raise UsageError(f"{output} should end in .npz, which the answer is kept as.")
        check_output(output, source=file)


def document(target: Target, asked: Invocation) -> dict[str, Any]:
    """Give it for programs."""
    return {
        "model": target.model,
        "version": target.version,
        "endpoint": target.endpoint,
        "input": asked.asked,
        "outputs": [
            {
                "name": each["name"],
                "dtype": each["datatype"],
                "shape": each["shape"],
                "data": _values(asked.outputs[each["name"]]),
            }
            for each in asked.answer.outputs()
        ],
        "top": [[asdict(each) for each in item] for item in asked.top],
        "requests": len(asked.milliseconds),
        "latency_ms": latency(asked.milliseconds),
        "request_bytes": asked.answer.request_bytes,
        "response_bytes": asked.answer.response_bytes,
    }


def latency(milliseconds: tuple[float, ...]) -> dict[str, float]:
    """Sum it up, the first request included."""
    found = {
        "first": milliseconds[0],
        "p50": percentile(milliseconds, 50),
        "p95": percentile(milliseconds, 95),
        "min": min(milliseconds),
        "max": max(milliseconds),
    }
    return {name: round(value, 2) for name, value in found.items()}


def _values(array: NDArray[np.generic]) -> Any:
    """Nested lists, with null for what JSON has no number for; null where there are too many."""
    if array.size > GIVEN_VALUES:
        return None
    if array.dtype.kind == "f":
        return np.where(np.isfinite(array), array, np.array(None)).tolist()
    return array.tolist()


def _show(target: Target, asked: Invocation) -> None:
    console.print(
        f"[bold]{target.endpoint}[/bold], version {target.version}, {escape(asked.asked)}\n",
        soft_wrap=True,
    )
    outputs = Table("output", "dtype", "shape", "values", box=None, pad_edge=False)
    for each in asked.answer.outputs():
        values = np.array2string(asked.outputs[each["name"]].reshape(-1), precision=4, threshold=6)
        outputs.add_row(each["name"], each["datatype"], escape(str(each["shape"])), escape(values))
    console.print(outputs)
    if asked.top:
        console.print()
        console.print(_ranked(asked))
    console.print(f"\n{_in_words(asked)}", soft_wrap=True)


def _ranked(asked: Invocation) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("item", "class", "score"):
        table.add_column(column, justify="right")
    table.add_column("label")
    for number, item in enumerate(asked.top[:SHOWN_ITEMS]):
        for each in item:
            table.add_row(
                str(number), str(each.index), f"{each.score:.4g}", escape(each.label or "")
            )
    if len(asked.top) > SHOWN_ITEMS:
        table.caption = f"and {len(asked.top) - SHOWN_ITEMS} more items: --json has them"
    return table


def _in_words(asked: Invocation) -> str:
    found, count = latency(asked.milliseconds), len(asked.milliseconds)
    sizes = f"{asked.answer.request_bytes:,} bytes there, {asked.answer.response_bytes:,} back"
    if count == 1:
        return f"Answered in {found['first']:,.1f} ms; {sizes}."
    return (
        f"{count:,} requests: p50 {found['p50']:,.1f} ms, p95 {found['p95']:,.1f} ms, "
        f"min {found['min']:,.1f} ms, max {found['max']:,.1f} ms, the first "
        f"{found['first']:,.1f} ms; {sizes}."
    )
