"""Inspects a file's content like Inspect Model, with the defaults of a stack."""

from __future__ import annotations

import io

from model_packager.formats.registry import format_of
from model_packager.inspection import Inspection, inspect_model


def inspected(
    content: bytes,
    name: str = "model.pt",
    *,
    spec: str | None = None,
    labels: bytes | None = None,
    release: str = "26.05",
) -> Inspection:
    """Inspect the model `m` from an object with this name."""
    return inspect_model(
        io.BytesIO(content),
        "m",
        spec=spec,
        labels=labels,
        instance_type="ml.m5.large",
        release=release,
        model_format=format_of(name),
    )
