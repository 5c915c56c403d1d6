"""`modeldrop inspect`: check a model file offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from model_packager.sagemaker.instance_facts import described, instance_facts
from model_packager.value_origins import effective_values
from modeldrop.command.terminal.screen import Json, console, print_json, rejection_as_json
from modeldrop.dropping.drop import model_file, model_name_for
from modeldrop.dropping.offline_inspection import DEFAULT_INSTANCE_COUNT, inspect_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from model_packager.inspection import Inspection
    from model_packager.model_warnings import ModelWarning

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="The model file, or the folder of model.pt. The suffix determines the format.",
    ),
]
Spec = Annotated[
    Path | None, typer.Option(help="deploy.yaml. Default: the one beside FILE, if it exists.")
]
Name = Annotated[
    str | None,
    typer.Option(
        help="The model's name. Default: that of FILE, or for model.pt that of its folder."
    ),
]


def inspect(
    file: File,
    spec: Spec = None,
    name: Name = None,
    config: Annotated[bool, typer.Option("--config", help="Show config.pbtxt.")] = False,
    settings: Annotated[
        bool, typer.Option("--settings", help="Show every setting and its source.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check FILE offline. Exit code 0: the pipeline accepts it; 2: the pipeline rejects it."""
    file = model_file(file)
    with rejection_as_json(as_json):
        inspection = inspect_file(file, spec, name or model_name_for(file))
    if as_json:
        print_json(_document(inspection))
    else:
        _show(file, inspection, config=config, settings=settings)


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


def _show(file: Path, inspection: Inspection, *, config: bool, settings: bool) -> None:
    if config:
        console.print(inspection.config_pbtxt, soft_wrap=True)
    if settings:
        console.print("The settings in effect, and their sources (with line:column):")
        console.print_rows(_settings(inspection))
    if not (config or settings):
        console.print(Text(f"{file} is valid", "bold"))
        console.print_rows(_card(inspection))


def _card(inspection: Inspection) -> Iterator[tuple[str, str]]:
    yield from signature_rows(inspection)
    yield "runs on", f"{_capacity(inspection)}, unless the stack says otherwise"
    yield from caveat_rows(inspection.warnings, inspection.notes)
    yield "more", "--config: config.pbtxt; --settings: every setting and its source"


def signature_rows(inspection: Inspection) -> Iterator[tuple[str, str]]:
    """Yield the model's format, inputs, outputs and batches, for a card."""
    yield "format", inspection.model_format.title
    signature = inspection.signature
    for kind, tensors in (("input", signature.inputs), ("output", signature.outputs)):
        for tensor in tensors:
            note = " (assumed)" if tensor.assumed else ""
            yield kind, f"{tensor.name}, {tensor.dtype} {list(tensor.dims)}{note}"
    size = signature.max_batch_size
    yield "batches", f"up to {size} items (max_batch_size)" if size else "none (max_batch_size 0)"


def caveat_rows(
    warnings: Iterable[ModelWarning], notes: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Yield warnings with their fixes, and notes, for a card."""
    for each in warnings:
        yield "warning", f"{each.cause}\nFix: {each.fix}"
    for note in notes:
        yield "note", note


def _capacity(inspection: Inspection) -> str:
    """Describe the instances, or the limits of a serverless endpoint."""
    mode, instance_type = inspection.spec.hosting, inspection.instance_type
    if mode.is_serverless:
        return f"serverless, {mode.memory_mb:,} MB, at most {mode.max_concurrency} requests at once"
    count = inspection.spec.endpoint.instance_count or DEFAULT_INSTANCE_COUNT
    facts = instance_facts(instance_type)
    return f"{count} x {instance_type}{f' ({described(facts)})' if facts else ''}"


def _settings(inspection: Inspection) -> Iterator[tuple[str, str]]:
    """Yield the effective settings and their sources."""
    section = ""
    for each in effective_values(inspection, instance_count=DEFAULT_INSTANCE_COUNT):
        if each.value is None:
            continue
        above, _, name = each.key.rpartition(".")
        if above and above != section:
            yield above, ""
        section = above
        place = f" {each.line}:{each.column}" if each.line else ""
        note = f", {each.note}" if each.note else ""
        source = f"{each.origin.value}{place}{note}"
        yield ("  " if above else "") + name, f"{_shown(each.value)} ({source})"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
