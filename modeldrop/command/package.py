"""`modeldrop package`: the archive that the pipeline would build."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from model_packager.formats.saved_model import saved_model_files
from model_packager.inspection import Inspection
from model_packager.repository.archive import write_folder_archive, write_model_archive
from modeldrop.command.inspect import File, Name, Spec
from modeldrop.command.terminal.output_file import check_output
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.dropping.offline_inspection import judge
from modeldrop.interruption import announce

Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write model.tar.gz.")]


def package(
    file: File, output: Output, spec: Spec = None, name: Name = "model", as_json: Json = False
) -> None:
    """Write FILE as a Triton model repository in model.tar.gz, as SageMaker takes it.

    Exit code 2: it would not be served, or OUTPUT cannot be written there.
    """
    verdict = judge(file, spec, name)
    check_output(output, source=file)
    announce(f"Interrupted. {output} is incomplete: delete it.")
    _write(file, verdict, name, output)
    announce(f"Interrupted. {output} is complete.")
    served_as = name if verdict.model_format.path else verdict.default_model
    size = output.stat().st_size
    if as_json:
        print_json({"output": str(output), "bytes": size, "model": served_as})
    else:
        console.print(f"{output}: {size:,} bytes, model {served_as}")


def _write(file: Path, verdict: Inspection, name: str, output: Path) -> None:
    path = verdict.model_format.path
    if path is None:  # a whole repository, as it is
        shutil.copyfile(file, output)
        return
    with file.open("rb") as model_file, output.open("wb") as archive:
        config, labels = verdict.config_pbtxt, verdict.labels
        if verdict.model_format.is_folder:
            write_folder_archive(archive, name, saved_model_files(model_file), config, labels)
        else:
            size = file.stat().st_size
            write_model_archive(archive, name, model_file, size, config, labels, path=path)
