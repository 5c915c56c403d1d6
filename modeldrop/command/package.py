"""`modeldrop package`: build the archive that the pipeline builds."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from model_packager.formats.saved_model import saved_model_files
from model_packager.inspection import Inspection
from model_packager.repository.archive import write_folder_archive
from model_packager.repository.layout import weights_path
from modeldrop.command.inspect import File, Name, Spec
from modeldrop.command.terminal.output_file import check_output
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.dropping.drop import model_file, model_name_for
from modeldrop.dropping.offline_inspection import inspect_file
from modeldrop.interruption import announce

Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write model.tar.gz.")]


def package(
    file: File, output: Output, spec: Spec = None, name: Name = None, as_json: Json = False
) -> None:
    """Write FILE as a Triton model repository in model.tar.gz, the format of SageMaker.

    Exit code 2: the pipeline rejects FILE, or OUTPUT is not writable.
    """
    file = model_file(file)
    model = name or model_name_for(file)
    inspection = inspect_file(file, spec, model)
    check_output(output, source=file)
    announce(f"Interrupted. {output} is incomplete: delete it.")
    _write(file, inspection, model, output)
    announce(f"Interrupted. {output} is complete.")
    served_as = model if inspection.model_format.path else inspection.default_model
    size = output.stat().st_size
    if as_json:
        print_json({"output": str(output), "bytes": size, "model": served_as})
    else:
        console.print(f"{output}: {size:,} bytes, model {served_as}")


def _write(file: Path, inspection: Inspection, name: str, output: Path) -> None:
    path = inspection.model_format.path
    if path is None:  # a complete repository
        shutil.copyfile(file, output)
        return
    with file.open("rb") as model_file, output.open("wb") as archive:
        config, labels = inspection.config_pbtxt, inspection.labels
        if inspection.model_format.is_folder:
            write_folder_archive(archive, name, saved_model_files(model_file), config, labels)
        else:
            files = {path: file} | {
                weights_path(path, each): file.parent / each for each in inspection.weight_files
            }
            write_folder_archive(archive, name, _opened(files), config, labels)


def _opened(files: Mapping[str, Path]) -> Iterator[tuple[str, int, BinaryIO]]:
    for path, file in files.items():
        with file.open("rb") as opened:
            yield path, file.stat().st_size, opened
