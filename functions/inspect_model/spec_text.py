"""The deploy.yaml beside a model, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.rejection import SpecRejected
from workflow.source_object import read_beside

if TYPE_CHECKING:
    from workflow.contracts import Source

LIMIT_BYTES = 64 * 1024
"""A spec travels through the states, whose data is limited to 256 KiB (Step Functions quotas)."""


def read_spec_text(source: Source) -> str | None:
    """Read it; None where there is none.

    Raises:
        SpecRejected: it is too long, or no text.
    """
    content = read_beside(source, "deploy.yaml")
    if content is None:
        return None
    if len(content) > LIMIT_BYTES:
        raise SpecRejected(
            f"deploy.yaml has {len(content):,} bytes; at most {LIMIT_BYTES:,} are read.",
            "Make deploy.yaml shorter, then drop the model again.",
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise SpecRejected(
            f"deploy.yaml is not UTF-8 text (byte {error.start}).",
            "Save deploy.yaml as UTF-8, then drop the model again.",
        ) from error
