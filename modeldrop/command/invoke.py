"""`modeldrop invoke`: send requests to a model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from model_client.arrays import npz_of
from model_client.latency import statistics_of
from model_client.text import decoded, encoded_bytes, is_text, shown
from model_packager.golden_sample import INPUT_SUFFIXES
from model_packager.latency_statistics import milliseconds
from model_packager.names.version import version_text
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.output_file import check_output
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.errors import UsageError, require_file, require_suffix
from modeldrop.interruption import announce
from modeldrop.live.async_invocation import async_client
from modeldrop.live.invocation import endpoint_client
from modeldrop.live.invocation import invoke as send_requests
from modeldrop.live.live_model import read_live_model, with_input

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modeldrop.live.invocation import Invocation
    from modeldrop.live.live_model import LiveModel

SHOWN_ITEMS = 8
JSON_VALUES = 10_000
"""The maximum values of an output in the JSON document; --output has no limit."""

JSON_TEXT_BYTES = 1024 * 1024
"""The maximum bytes of text in the JSON document."""

SHOWN_TEXTS = 3

Input = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE", help=".png, .jpg, .npy, .npz or .json. Default: the model's sample."
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Save the response to this .npz file.")
]


@choosing_stack
def invoke(
    chosen: StackChoice,
    name: ModelName,
    file: Input = None,
    repeat: Annotated[int, typer.Option(min=1, max=10_000, help="Number of requests.")] = 1,
    top: Annotated[
        int | None,
        typer.Option(min=0, help="Number of top classes. Default: 5 if the model has labels."),
    ] = None,
    output: Output = None,
    asynchronous: Annotated[
        bool,
        typer.Option("--async", help="Send to the queue of an asynchronous endpoint, and wait."),
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds to wait for a result with --async.")
    ] = 900,
    as_json: Json = False,
) -> None:
    """Send FILE to the endpoint of model NAME and show the response.

    Uses Triton's binary format. Images are preprocessed as for the smoke test. With --async, the
    input goes to S3, and the command waits until the output is there. Exit code 1: the
    endpoint refused the request or did not respond; 2: there is no such model, or FILE does not fit
    it.
    """
    announce("Interrupted. The endpoint keeps running.")
    _check(file, output)
    stack = chosen.find()
    live_model = read_live_model(stack.session, name, stack.artifact_bucket)
    if file is not None:
        live_model = with_input(live_model, file)
    with console.status(f"Sending to {live_model.endpoint}") as status:
        if asynchronous:
            send = async_client(
                stack.session,
                live_model,
                stack.artifact_bucket,
                timeout_seconds=timeout,
                progress=lambda state, seconds: status.update(
                    f"{live_model.endpoint}: {state}, {seconds:.0f} s"
                ),
            )
        else:
            send = endpoint_client(stack.session, live_model)
        invocation = send_requests(live_model, send, repeat=repeat, top=top)
    if output is not None:
        output.write_bytes(npz_of(invocation.outputs))
    if as_json:
        print_json(document(live_model, invocation))
    else:
        _show(live_model, invocation)


def _check(file: Path | None, output: Path | None) -> None:
    if file is not None:
        require_file(file)
        require_suffix(file, INPUT_SUFFIXES)
    if output is not None:
        if output.suffix != ".npz":
            raise UsageError(f"{output} should end in .npz.")
        check_output(output, source=file)


def document(live_model: LiveModel, invocation: Invocation) -> dict[str, Any]:
    """Return the response as JSON data."""
    return {
        "model": live_model.model,
        "version": live_model.version,
        "version_label": live_model.label,
        "endpoint": live_model.endpoint,
        "input": invocation.input,
        "outputs": [
            {
                "name": each["name"],
                "dtype": each["datatype"],
                "shape": each["shape"],
                "data": _values(invocation.outputs[each["name"]]),
            }
            for each in invocation.response.outputs()
        ],
        "top": [[asdict(each) for each in item] for item in invocation.top],
        "requests": len(invocation.milliseconds),
        "latency_ms": latency(invocation.milliseconds),
        "request_bytes": invocation.response.request_bytes,
        "response_bytes": invocation.response.response_bytes,
    }


def latency(times: tuple[float, ...]) -> dict[str, float | None]:
    """Summarize latencies in milliseconds, including the first request's; p95 may be None."""
    statistics = statistics_of(times)
    return {
        "first": round(times[0], 2),
        "p50": statistics.p50_ms,
        "p95": statistics.p95_ms,
        "min": round(min(times), 2),
        "max": statistics.slowest_ms,
    }


def _values(array: NDArray[np.generic]) -> Any:
    """Return nested lists; null for NaN and infinity, and above JSON_VALUES or JSON_TEXT_BYTES."""
    if array.size > JSON_VALUES:
        return None
    if is_text(array):
        return decoded(array).tolist() if encoded_bytes(array) <= JSON_TEXT_BYTES else None
    if array.dtype.kind == "f":
        return np.where(np.isfinite(array), array, np.array(None)).tolist()
    return array.tolist()


def _shown_values(array: NDArray[np.generic]) -> str:
    if not is_text(array):
        return np.array2string(array.reshape(-1), precision=4, threshold=6)
    texts = [shown(each) for each in array.reshape(-1)[:SHOWN_TEXTS]]
    return ", ".join(texts) + (" ..." if array.size > SHOWN_TEXTS else "")


def _show(live_model: LiveModel, invocation: Invocation) -> None:
    console.print(
        Text.assemble(
            (live_model.endpoint, "bold"),
            f", version {version_text(live_model.version, live_model.label)}, {invocation.input}\n",
        )
    )
    outputs = Table("output", "dtype", "shape", "values", box=None, pad_edge=False)
    for each in invocation.response.outputs():
        values = _shown_values(invocation.outputs[each["name"]])
        outputs.add_row(each["name"], each["datatype"], str(each["shape"]), values)
    console.print(outputs)
    if invocation.top:
        console.print()
        console.print(_ranked(invocation))
    console.print(f"\n{_summary(invocation)}")


def _ranked(invocation: Invocation) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("item", "class", "score"):
        table.add_column(column, justify="right")
    table.add_column("label")
    for number, item in enumerate(invocation.top[:SHOWN_ITEMS]):
        for each in item:
            table.add_row(str(number), str(each.index), f"{each.score:.4g}", each.label or "")
    if len(invocation.top) > SHOWN_ITEMS:
        table.caption = f"{len(invocation.top) - SHOWN_ITEMS} more items: use --json"
    return table


def _summary(invocation: Invocation) -> str:
    times, count = invocation.milliseconds, len(invocation.milliseconds)
    response = invocation.response
    sizes = f"Sent {response.request_bytes:,} B, received {response.response_bytes:,} B"
    if count == 1:
        return f"Latency {milliseconds(times[0])}. {sizes}."
    return (
        f"{count:,} requests: {statistics_of(times).text}, first {milliseconds(times[0])}. "
        f"{sizes} each."
    )
