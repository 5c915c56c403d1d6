"""The check of a model file, offline and with the code of the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.formats.registry import format_of
from model_packager.inspection import Inspection, inspect_model
from model_packager.names import LABELS_FILE, SPEC_FILE
from model_packager.sagemaker.hosting import resolve_hosting
from model_packager.sagemaker.triton_image import newest_release
from modeldrop.dropping.drop import check_name, object_name
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from modeldrop.stack.parameters import StackParameters

DEFAULT_INSTANCE_TYPE = "ml.g4dn.xlarge"
"""The template's default."""

DEFAULT_INSTANCE_COUNT = 1
"""The template's default."""


def inspect_file(file: Path, spec: Path | None, model: str) -> Inspection:
    """Inspect a model file as the Inspect Model step does.

    Args:
        file: the model; its suffix determines the format.
        spec: deploy.yaml; None: the one beside the file, if it exists.
        model: the model's name.

    Raises:
        UsageError: a file is missing, or the name contains a slash.
        ModelRejected: Triton cannot serve the model, or the name is invalid.
        SpecRejected: deploy.yaml is invalid, or missing although the model needs it.
    """
    return inspect_text(file, read_spec(file, spec), model)


def read_spec(file: Path, spec: Path | None) -> str | None:
    """Read the deploy.yaml of a file; None if there is none.

    Raises:
        UsageError: the file does not exist, or is not UTF-8.
    """
    text = read_file(spec) if spec else _read_if_there(file.parent / SPEC_FILE)
    return None if text is None else _decoded(text)


def inspect_text(
    file: Path,
    spec: str | None,
    model: str,
    labels: Path | None = None,
    *,
    instance_type: str = DEFAULT_INSTANCE_TYPE,
    release: str | None = None,
) -> Inspection:
    """Inspect a model file with the text of a deploy.yaml and a labels file; see `inspect_file`.

    `instance_type` and `release` are the defaults of the stack.
    """
    check_name(model)
    if not file.is_file():
        raise UsageError(f"No such file: {file}")
    with file.open("rb") as opened:
        return inspect_model(
            opened,
            model,
            spec=spec,
            labels=read_file(labels) if labels else _read_if_there(file.parent / LABELS_FILE),
            instance_type=instance_type,
            release=release or newest_release(),
            model_format=format_of(object_name(file)),
        )


def inspect_for_stack(
    file: Path,
    spec: str | None,
    model: str,
    labels: Path | None = None,
    *,
    stack: StackParameters,
) -> Inspection:
    """Inspect as `inspect_text` does, with the parameters of a stack and its limits.

    Raises:
        SpecRejected: also if the stack does not allow a setting, such as the instance type.
    """
    inspection = inspect_text(
        file,
        spec,
        model,
        labels,
        instance_type=stack.instance_type,
        release=stack.triton_release,
    )
    defaults = stack.defaults(artifact_bucket="")
    resolve_hosting(inspection.default_model, inspection.spec, inspection.instance_type, defaults)
    return inspection


def read_file(file: Path) -> bytes:
    """Read a file that the user named.

    Raises:
        UsageError: the file does not exist.
    """
    if not file.is_file():
        raise UsageError(f"No such file: {file}")
    return file.read_bytes()


def _read_if_there(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{SPEC_FILE} is not UTF-8 text (byte {error.start}).") from error
