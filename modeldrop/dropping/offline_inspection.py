"""Checks a model file offline with the code of the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.formats.registry import format_of
from model_packager.golden_sample import INPUT_SUFFIXES, SIZE_LIMIT
from model_packager.inspection import Inspection, inspect_model
from model_packager.names.drop import LABELS_FILE, SPEC_FILE
from model_packager.sagemaker.triton_image import newest_release
from model_packager.spec.sidecar_file import check_size, spec_text
from modeldrop.dropping.drop import (
    Drop,
    check,
    check_sample,
    object_name,
    with_sibling_files,
)
from modeldrop.errors import UsageError, require_file, require_suffix
from modeldrop.model_names import check_name

if TYPE_CHECKING:
    from pathlib import Path

    from modeldrop.stack.parameters import StackParameters

DEFAULT_INSTANCE_TYPE = "ml.g4dn.xlarge"
"""The template's default."""

DEFAULT_INSTANCE_COUNT = 1
"""The template's default."""


def inspect_file(
    file: Path, spec: Path | None, model: str, *, stack: StackParameters | None = None
) -> Inspection:
    """Inspect a model file, and the files next to it, as the pipeline does.

    Args:
        file: the model file, whose suffix determines the format.
        spec: the deploy.yaml; None for the one next to the file, if it exists.
        model: the model's name.
        stack: the parameters of a stack, whose limits apply, too.

    Raises:
        UsageError: a file is missing, or the name is invalid.
        ModelRejected: Triton cannot serve the model.
        SpecRejected: deploy.yaml is invalid, or missing although the model needs it.
        ModelClientError: the golden sample next to it is invalid.
    """
    return inspect_drop(with_sibling_files(Drop(model, file, spec)), stack=stack)


def inspect_drop(drop: Drop, *, stack: StackParameters | None = None) -> Inspection:
    """Inspect a drop and its golden sample; see `inspect_file`.

    With the parameters of a stack, the stack's limits apply, too.
    """
    check(drop)
    text = read_spec(drop.model, drop.spec)
    if stack is None:
        inspection = inspect_text(drop.model, text, drop.name, drop.labels)
    else:
        inspection = inspect_for_stack(drop.model, text, drop.name, drop.labels, stack=stack)
    check_sample(drop, inspection.signature, inspection.spec)
    return inspection


def read_spec(file: Path, spec: Path | None) -> str | None:
    """Read the deploy.yaml of a file; None if there is none.

    Raises:
        UsageError: the file does not exist.
        SpecRejected: the file is too long, or not UTF-8.
    """
    content = _read_sidecar(spec, file.parent / SPEC_FILE)
    return None if content is None else spec_text(content)


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
    check_name(model, "--name")
    require_file(file)
    with file.open("rb") as opened:
        return inspect_model(
            opened,
            model,
            spec=spec,
            labels=_read_sidecar(labels, file.parent / LABELS_FILE),
            instance_type=instance_type,
            release=release or newest_release(),
            model_format=format_of(object_name(file)),
            sibling_size=lambda path: _size(file.parent / path),
        )


def inspect_for_stack(
    file: Path,
    spec: str | None,
    model: str,
    labels: Path | None = None,
    *,
    stack: StackParameters,
) -> Inspection:
    """Inspect like `inspect_text`, with the parameters of a stack and its limits.

    Raises:
        SpecRejected: as for `inspect_text`, or the stack does not allow a setting.
    """
    inspection = inspect_text(
        file,
        spec,
        model,
        labels,
        instance_type=stack.instance_type,
        release=stack.triton_release,
    )
    inspection.hosting(stack.defaults())
    return inspection


def read_file(file: Path) -> bytes:
    """Read an input file that the user named.

    Raises:
        UsageError: the file does not exist, has another suffix, or is too large for an input.
    """
    require_file(file)
    require_suffix(file, INPUT_SUFFIXES)
    if file.stat().st_size > SIZE_LIMIT:
        raise UsageError(f"{file} is too large: an input has at most {SIZE_LIMIT:,} bytes.")
    return file.read_bytes()


def _read_sidecar(named: Path | None, sibling: Path) -> bytes | None:
    """Read the file that the user named, or the one next to the model; None if there is none."""
    file = named or sibling
    if named is not None:
        require_file(named)
    elif not sibling.is_file():
        return None
    check_size(sibling.name, file.stat().st_size)
    return file.read_bytes()


def _size(file: Path) -> int | None:
    return file.stat().st_size if file.is_file() else None
