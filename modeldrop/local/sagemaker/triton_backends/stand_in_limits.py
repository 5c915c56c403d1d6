"""What the stand-in backends do not support, unlike Triton's own, and the messages about it.

Each stand-in has its own exception, so these functions take or return texts. Pure: no Triton.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_SECTIONS = ("sequence_batching", "batch_input", "batch_output")


def require_supported(
    config: Mapping[str, Any], backend: str, refuse: Callable[[str], Exception]
) -> None:
    """Raise `refuse(message)` for a section that no stand-in implements.

    Args:
        config: the model configuration as Triton's JSON.
        backend: the replaced backend, for the message.
        refuse: makes the exception.
    """
    for section in _SECTIONS:
        if config.get(section):
            raise refuse(
                f"modeldrop: the local stand-in for {backend} does not support {section}; Triton's "
                "own backend does"
            )


def not_utf8(name: str, error: UnicodeDecodeError) -> str:
    """Return the message for an input with a text that Python cannot read."""
    return f"modeldrop: a text of the input '{name}' is not UTF-8: {error}"


def not_batched(name: str, shape: Sequence[int], rows: int) -> str:
    """Return the message for an output without a row for each row of the batch.

    Triton's own backends name the first request that gets too few rows.
    """
    return (
        f"modeldrop: output '{name}' has shape {list(shape)} for a batch of {rows}; max_batch_size "
        "> 0 promises the batch as first dimension"
    )
