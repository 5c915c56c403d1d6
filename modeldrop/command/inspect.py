"""`modeldrop inspect`: check a model file offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from model_packager.golden_sample import INPUT_SUFFIXES
from model_packager.names.drop import SPEC_FILE
from model_packager.sagemaker.instance_facts import described, instance_facts
from model_packager.value_origins import effective_values
from modeldrop.command.terminal.screen import Json, console, print_json, rejection_as_json
from modeldrop.dropping.drop import model_file, model_name_for
from modeldrop.dropping.offline_inspection import (
    DEFAULT_INSTANCE_COUNT,
    inspect_file,
    inspect_text,
    read_spec,
)
from modeldrop.errors import UsageError, require_file, require_suffix
from modeldrop.interruption import announce

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from model_packager.inspection import Inspection
    from model_packager.model_warnings import ModelWarning
    from modeldrop.model_run.correction import ModelRun

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="The model file, or the folder of model.pt. The suffix determines the format.",
    ),
]
Spec = Annotated[
    Path | None, typer.Option(help="deploy.yaml. Default: the one next to FILE, if it exists.")
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
    run: Annotated[
        bool,
        typer.Option(
            "--run",
            help="Also run FILE once on this computer: real outputs, NaN, and batches.",
        ),
    ] = False,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input", help="Input for --run (.npy, .npz, .json, .png, .jpg). Default: the sample."
        ),
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="With --run, write the outputs into deploy.yaml."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check FILE offline. Exit code 0: the pipeline accepts it; 2: the pipeline rejects it.

    --run executes the model in FILE on this computer, in a process with limited memory and time.
    On Linux (x86_64), that process has no network access and cannot write files. Still, run only
    files that you trust. It needs PyTorch or ONNX Runtime. Exit code 1: the model could not be run
    here.
    """
    if (input_file is not None or write) and not run:
        raise UsageError("--input and --write need --run.")
    file = model_file(file)
    with rejection_as_json(as_json):
        model = name or model_name_for(file)
        inspection = inspect_file(file, spec, model)
        found = _run(file, spec, model, inspection, input_file, write=write) if run else None
    inspection = found.inspection if found else inspection
    if as_json:
        print_json(_document(inspection) | (run_document(found) if found else {}))
    else:
        _show(file, inspection, found, config=config, settings=settings)


def _run(
    file: Path,
    spec: Path | None,
    model: str,
    inspection: Inspection,
    input_file: Path | None,
    *,
    write: bool,
) -> ModelRun:
    # Imported here, because only --run needs it.
    from modeldrop.model_run.correction import run_and_correct, run_as_declared
    from modeldrop.model_run.run import SampleFiles

    if input_file is not None:
        require_file(input_file)
        require_suffix(input_file, INPUT_SUFFIXES)
    sample = SampleFiles(input_file) if input_file else SampleFiles.next_to(file)
    announce("Interrupted. The model's process is ended, and no file is changed.")
    with console.status(f"Running {file} on this computer"):
        if not write:
            return run_as_declared(file, inspection, sample)
        found = run_and_correct(
            file, read_spec(file, spec), lambda text: inspect_text(file, text, model), sample
        )
    if found.lines is not None and found.text is not None:
        (spec or file.parent / SPEC_FILE).write_text(found.text, encoding="utf-8")
    return found


def run_document(found: ModelRun) -> dict[str, object]:
    """Return the results of a run, for the JSON document of a command."""
    result = found.result
    return {
        "run": {
            "check": result.check,
            "outputs": [each.model_dump(mode="json") for each in result.outputs],
            "deploy_yaml": found.lines,
            "is_written": found.text is not None and found.lines is not None,
            "warning": result.warning.model_dump() if result.warning else None,
            "confined": result.confined,
        }
    }


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


def _show(
    file: Path,
    inspection: Inspection,
    found: ModelRun | None,
    *,
    config: bool,
    settings: bool,
) -> None:
    if config:
        console.print(inspection.config_pbtxt, soft_wrap=True)
    if settings:
        console.print("The settings in effect, and their sources (with line:column):")
        console.print_rows(_settings(inspection))
    if not (config or settings):
        console.print(Text(f"{file} is valid", "bold"))
        console.print_rows([*_card(inspection), *(run_rows(found) if found else ())])
    if found and found.lines is not None:
        done = "deploy.yaml now has" if found.text is not None else "For deploy.yaml (or --write):"
        console.print(f"{done}\n{found.lines}", soft_wrap=True)


def _card(inspection: Inspection) -> Iterator[tuple[str, str]]:
    yield from signature_rows(inspection)
    yield "runs on", f"{_capacity(inspection)}, unless the stack says otherwise"
    yield from caveat_rows(inspection.warnings, inspection.notes)
    yield "more", "--config: config.pbtxt; --settings: every setting and its source"


def run_rows(found: ModelRun) -> Iterator[tuple[str, str]]:
    """Yield the results of a run, for a card."""
    result = found.result
    yield "run", (result.check or "").removeprefix("ran ")
    for each in result.outputs:
        yield "returned", f"{each.name}, {each.datatype} {list(each.shape)}"
    if result.warning is not None:
        yield "warning", f"{result.warning.cause}\nFix: {result.warning.fix}"
    if not result.confined:
        yield "note", "this computer has no filter for it, so the model's process had the network"


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
