"""`modeldrop inspect`: what the pipeline would say of a file, offline."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from model_packager.inspection import Inspection
from model_packager.value_origins import effective_values
from modeldrop.command.terminal.screen import Json, console, print_json, rejection_as_json
from modeldrop.dropping.offline_inspection import DEFAULT_INSTANCE_COUNT, judge

File = Annotated[Path, typer.Argument(help="The model file; its ending tells the format.")]
Spec = Annotated[
    Path | None, typer.Option(help="deploy.yaml; by default the one beside FILE, if any.")
]
Name = Annotated[str, typer.Option(help="The name to serve the model under.")]


def inspect(file: File, spec: Spec = None, name: Name = "model", as_json: Json = False) -> None:
    """Say what the pipeline would say of FILE. Exit code 0: it would be served; 2: it would not."""
    with rejection_as_json(as_json):
        verdict = judge(file, spec, name)
    if as_json:
        print_json(_document(verdict))
    else:
        _show(file, verdict)


def _document(verdict: Inspection) -> dict[str, object]:
    return {
        "accepted": True,
        "signature": verdict.signature.model_dump(mode="json"),
        "spec": verdict.spec.model_dump(mode="json"),
        "config_pbtxt": verdict.config_pbtxt,
        "has_labels": verdict.has_labels,
        "warnings": [each.model_dump(mode="json") for each in verdict.warnings],
        "values": [
            {
                "key": each.key,
                "value": each.value,
                "from": each.origin.value,
                "line": each.line,
                "column": each.column,
                "note": each.note or None,
            }
            for each in effective_values(verdict, instance_count=DEFAULT_INSTANCE_COUNT)
        ],
        "notes": list(verdict.notes),
    }


def _show(file: Path, verdict: Inspection) -> None:
    title = f"{file} would be served"
    table = Table("", "name", "dtype", "dims", title=title, title_justify="left")
    for kind, tensors in (
        ("input", verdict.signature.inputs),
        ("output", verdict.signature.outputs),
    ):
        for tensor in tensors:
            note = " (assumed)" if tensor.assumed else ""
            table.add_row(kind, tensor.name, tensor.dtype, f"{list(tensor.dims)}{note}")
    console.print(table)
    console.print(f"max_batch_size {verdict.signature.max_batch_size}\n\n{verdict.config_pbtxt}")
    for each in verdict.warnings:
        console.print(f"Warning: {each.cause}\nWhat to do: {each.fix}\n", markup=False)
    console.print(_values(verdict))
    for note in verdict.notes:
        console.print(f"Note: {note}", markup=False)


def _values(verdict: Inspection) -> Table:
    """What holds, and who said it."""
    title = "What holds for it, and who says so (line:column)"
    table = Table(title=title, title_justify="left", box=SIMPLE)
    table.add_column("key", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("from", min_width=22)
    section = ""
    for each in effective_values(verdict, instance_count=DEFAULT_INSTANCE_COUNT):
        if each.value is not None:
            place = f" {each.line}:{each.column}" if each.line else ""
            said = each.origin.value + place
            note = f" ({each.note})" if each.note else ""
            above, _, name = each.key.rpartition(".")
            if above and above != section:
                table.add_row(above)
            section = above
            indent = "  " if above else ""
            table.add_row(indent + name, escape(_shown(each.value)), said + note)
    return table


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
