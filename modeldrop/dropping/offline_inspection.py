"""What the pipeline would say of a model file, found out offline by the same engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.formats.registry import format_of
from model_packager.inspection import Inspection, inspect_model
from model_packager.names import SPEC_FILE
from model_packager.sagemaker.triton_image import newest_release
from modeldrop.dropping.drop import LABELS_FILE, check_name, object_name
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_INSTANCE_TYPE = "ml.g4dn.xlarge"
"""The template's default, which holds where the spec names no instance type."""

DEFAULT_INSTANCE_COUNT = 1
"""The template's default, which holds where the spec names no count."""


def judge(file: Path, spec: Path | None, model: str) -> Inspection:
    """Inspect a model file as the Inspect Model step does.

    Args:
        file: the model; its ending tells the format, as its name does in the bucket.
        spec: deploy.yaml; None takes the one beside the file, where there is one.
        model: the name to serve it under.

    Raises:
        UsageError: a file is missing, or the name holds a folder.
        ModelRejected: Triton would not serve it, or not under that name.
        SpecRejected: its deploy.yaml is wrong, or is needed.
    """
    return judge_with(file, spec_text(file, spec), model)


def spec_text(file: Path, spec: Path | None) -> str | None:
    """Read the deploy.yaml that holds for a file; None where there is none.

    Raises:
        UsageError: it is not there, or is no text.
    """
    text = read(spec) if spec else _read_if_there(file.parent / SPEC_FILE)
    return None if text is None else _decoded(text)


def judge_with(
    file: Path,
    spec: str | None,
    model: str,
    labels: Path | None = None,
    *,
    instance_type: str = DEFAULT_INSTANCE_TYPE,
    release: str | None = None,
) -> Inspection:
    """Inspect a model file with a deploy.yaml of this text, and these labels; else as `judge`.

    `instance_type` and `release` hold where the text does not say; without them, the template's.
    """
    check_name(model)
    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    with file.open("rb") as opened:
        return inspect_model(
            opened,
            model,
            spec=spec,
            labels=read(labels) if labels else _read_if_there(file.parent / LABELS_FILE),
            instance_type=instance_type,
            release=release or newest_release(),
            model_format=format_of(object_name(file)),
        )


def read(file: Path) -> bytes:
    """Read a file that the user named."""
    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    return file.read_bytes()


def _read_if_there(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{SPEC_FILE} is not UTF-8 text (byte {error.start}).") from error
