"""`modeldrop inspect`: check a model file offline."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from model_packager.inspection import Inspection
from model_packager.value_origins import effective_values
from modeldrop.command.terminal.screen import Json, console, print_json, rejection_as_json
from modeldrop.dropping.offline_inspection import DEFAULT_INSTANCE_COUNT, inspect_file

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="The model file; its suffix determines the format."),
]
Spec = Annotated[
    Path | None, typer.Option(help="deploy.yaml. Default: the one beside FILE, if it exists.")
]
Name = Annotated[str, typer.Option(help="The model's name.")]


def inspect(file: File, spec: Spec = None, name: Name = "model", as_json: Json = False) -> None:
    """Check FILE offline. Exit code 0: the pipeline accepts it; 2: the pipeline rejects it."""
    with rejection_as_json(as_json):
        inspection = inspect_file(file, spec, name)
    if as_json:
        print_json(_document(inspection))
    else:
        _show(file, inspection)


def _document(inspection: Inspection) -> dict[str, object]:
    return {
        "accepted": True,
        "signature": inspection.signature.model_dump(mode="json"),
        "spec": inspection.spec.model_dump(mode="json"),
        "config_pbtxt": inspection.config_pbtxt,
        "has_labels": inspection.has_labels,
        "warnings": [each.model_dump(mode="json") for each in inspection.warnings],
        "values": [
            {
                "key": each.key,
                "value": each.value,
                "source": each.origin.value,
                "line": each.line,
                "column": each.column,
                "note": each.note or None,
            }
            for each in effective_values(inspection, instance_count=DEFAULT_INSTANCE_COUNT)
        ],
        "notes": list(inspection.notes),
    }


def _show(file: Path, inspection: Inspection) -> None:
    title = f"{file} is valid"
    table = Table("", "name", "dtype", "dims", title=title, title_justify="left")
    for kind, tensors in (
        ("input", inspection.signature.inputs),
        ("output", inspection.signature.outputs),
    ):
        for tensor in tensors:
            note = " (assumed)" if tensor.assumed else ""
            table.add_row(kind, tensor.name, tensor.dtype, f"{list(tensor.dims)}{note}")
    console.print(table)
    console.print(
        f"max_batch_size {inspection.signature.max_batch_size}\n\n{inspection.config_pbtxt}"
    )
    for each in inspection.warnings:
        console.print(f"Warning: {each.cause}\nFix: {each.fix}\n")
    console.print(_values(inspection))
    for note in inspection.notes:
        console.print(f"Note: {note}")


def _values(inspection: Inspection) -> Table:
    """The effective settings and their sources."""
    title = "Effective settings and their sources (line:column)"
    table = Table(title=title, title_justify="left", box=SIMPLE)
    table.add_column("key", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("source", min_width=22)
    section = ""
    for each in effective_values(inspection, instance_count=DEFAULT_INSTANCE_COUNT):
        if each.value is not None:
            place = f" {each.line}:{each.column}" if each.line else ""
            source = each.origin.value + place
            note = f" ({each.note})" if each.note else ""
            above, _, name = each.key.rpartition(".")
            if above and above != section:
                table.add_row(above)
            section = above
            indent = "  " if above else ""
            table.add_row(indent + name, _shown(each.value), source + note)
    return table


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
