"""The model repository as model.tar.gz, streamed from S3 to S3."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from model_packager.formats.registry import format_of
from model_packager.formats.saved_model import saved_model_files
from model_packager.repository.archive import SizeChanged, closing, write_folder_lead
from model_packager.repository.crc32 import crc32
from model_packager.repository.layout import weights_path
from model_packager.stored import Checksum
from package_model.archive_note import ArchiveNote, read_note, write_note
from package_model.earlier_archive import take_over
from package_model.labels import read_labels
from package_model.model_stream import ModelStream, Part
from package_model.stored_object import checksum_of, object_exists
from workflow.archive.multipart_upload import MultipartUpload
from workflow.archive.part_writer import PartWriter
from workflow.drop.source_object import (
    SourceReader,
    pin,
    sidecar_source,
    source_changed,
    source_size,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from workflow.contracts.deploy_model import PackageModelInput


def pack(event: PackageModelInput, bucket: str, key: str) -> Checksum | None:
    """Create the archive, unless it exists.

    If the live version has the same model, the leading bytes of its archive are copied within S3,
    without a download of the model.

    Returns:
        The checksum of the dropped object; None if it has none.

    Raises:
        SourceChanged: the model is no longer in its dropped state.
    """
    if not object_exists(bucket, key):
        size = source_size(event.source)
        labels = read_labels(event.source, size, event.labels) if event.has_labels else None
        if not take_over(event, bucket, key, labels):
            if format_of(event.source.key).is_folder or event.weights:
                _stream_files(event, bucket, key, size, labels)
            else:
                _stream_model(event, bucket, key, size, labels)
    note = read_note(bucket, event.deployment.model, event.deployment.version)
    return None if note is None else note.source_checksum


def _stream_model(
    event: PackageModelInput, bucket: str, key: str, size: int, labels: bytes | None
) -> None:
    """Read and write concurrently; write the note before the archive becomes visible."""
    model, path = event.deployment.model, str(format_of(event.source.key).path)
    stream = ModelStream(event.source, size, model, path)
    checksum = checksum_of(pin(event.source))
    with MultipartUpload(bucket, key, checksum="CRC32") as upload:
        last = Part(bytearray(), 0)
        for part in stream:
            if last.body:
                upload.send(last.body, last.crc32)
            last = part
        end = closing(stream.lead, model, event.config_pbtxt, labels)
        upload.send(last.body + end, crc32(end, last.crc32))
        # S3 has no checksum of the whole object if its parts have checksums of their own.
        checksum = checksum or Checksum(algorithm="CRC32", value=f"{stream.crc32:08x}")
        note = ArchiveNote(source=event.source, lead=stream.lead, source_checksum=checksum)
        write_note(bucket, event.deployment, note)


def _stream_files(
    event: PackageModelInput, bucket: str, key: str, size: int, labels: bytes | None
) -> None:
    """Copy one file after the other: those of a folder, or the model and its weights."""
    model = event.deployment.model
    checksum = checksum_of(pin(event.source))
    try:
        with MultipartUpload(bucket, key, checksum="CRC32") as upload:
            sizes = [source_size(sidecar_source(event.source, each)) for each in event.weights]
            writer = PartWriter(upload, size + sum(sizes))
            lead = write_folder_lead(writer, model, _files(event, size, sizes))
            writer.write(closing(lead, model, event.config_pbtxt, labels))
            writer.finish()
            note = ArchiveNote(
                source=event.source, weights=event.weights, lead=lead, source_checksum=checksum
            )
            write_note(bucket, event.deployment, note)
    except SizeChanged as error:
        raise source_changed(event.source) from error


def _files(
    event: PackageModelInput, size: int, weight_sizes: list[int]
) -> Iterator[tuple[str, int, BinaryIO]]:
    model_format = format_of(event.source.key)
    reader = io.BufferedReader(SourceReader(event.source, size), model_format.buffer_bytes)
    if model_format.is_folder:
        yield from saved_model_files(reader)
        return
    path = str(model_format.path)
    yield path, size, reader
    for sidecar, weight_size in zip(event.weights, weight_sizes, strict=True):
        weights = SourceReader(sidecar_source(event.source, sidecar), weight_size)
        yield weights_path(path, sidecar.name), weight_size, io.BufferedReader(weights)
