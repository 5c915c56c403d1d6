"""The dropped file as the model's file or folder in the repository."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from model_packager.archive import write_folder_archive, write_model_archive
from model_packager.formats import format_of
from model_packager.saved_model import saved_model_files
from workflow.source_object import SourceReader, open_source

if TYPE_CHECKING:
    from model_packager.archive import Writer
    from workflow.contracts import PackageModelInput


def write(output: Writer, given: PackageModelInput, size: int, labels: bytes | None) -> None:
    """Write the model repository: a file streamed through, a folder unpacked on the way.

    Raises:
        SizeChanged: the source does not hold as many bytes as it was said to hold.
        SourceChanged: it is not there any more in the state that was dropped.
    """
    model, model_format = given.deployment.model, format_of(given.source.key)
    if model_format.is_folder:
        reader = SourceReader(given.source, size)
        files = saved_model_files(io.BufferedReader(reader, model_format.buffer_bytes))
        write_folder_archive(output, model, files, given.config_pbtxt, labels)
    else:
        write_model_archive(
            output,
            model,
            open_source(given.source),
            size,
            config=given.config_pbtxt,
            labels=labels,
            path=str(model_format.path),
        )
