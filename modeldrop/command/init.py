"""`modeldrop init`: write deploy.yaml and a golden sample."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modeldrop.command.inspect import File, Name, run_document, run_rows
from modeldrop.command.terminal.screen import Json, console, print_json, rejection_as_json
from modeldrop.dropping.drop import model_file, model_name_for
from modeldrop.errors import UsageError, require_file
from modeldrop.interruption import announce
from modeldrop.model_run.initial_files import existing_files, write_initial_files

Input = Annotated[
    Path | None,
    typer.Option(
        "--input", help="The sample's input: .npy, .npz, .json, .png or .jpg. Default: random data."
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Replace an existing sample, and the outputs of an existing deploy.yaml."
    ),
]


def init(
    file: File,
    input_file: Input = None,
    name: Name = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write deploy.yaml and a golden sample next to FILE.

    The command runs the model in FILE once on this computer, as `inspect --run` does. Its outputs
    become the expected outputs of the smoke test. So check them first if you are not sure of the
    model. It needs PyTorch or ONNX Runtime. Exit code 1: the model could not be run here; 2: Triton
    cannot serve it, or such files already exist and --force is missing.
    """
    file = model_file(file)
    require_file(file)
    if input_file is not None:
        require_file(input_file)
    existing = existing_files(file)
    if existing and not force:
        raise UsageError(
            f"{', '.join(map(str, existing))} would be replaced.", "To replace it, add --force."
        )
    announce("Interrupted. The files next to the model may be incomplete: repeat with --force.")
    with rejection_as_json(as_json), console.status(f"Running {file} on this computer"):
        written = write_initial_files(file, name or model_name_for(file), input_file)
    if as_json:
        files = [str(each) for each in written.files]
        print_json({"files": files, **run_document(written.run)})
        return
    for each in written.files:
        console.print(f"{each}: {each.stat().st_size:,} bytes")
    console.print_rows(run_rows(written.run))
    console.print(f"Next: modeldrop drop {file}")
