"""The lines of `outputs` for deploy.yaml, which replace the model's own list as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.spec.yaml_lines import tensor_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_packager.dtype import Dtype
    from model_packager.signature import Signature

PASTE = "Put these lines into deploy.yaml, then upload the model again:"


def outputs_lines(
    signature: Signature,
    *,
    dtypes: Mapping[str, Dtype | str] | None = None,
    dims: Mapping[str, list[int]] | None = None,
) -> str:
    """Return all outputs as YAML, with corrected types and dims.

    Args:
        signature: the outputs as declared so far.
        dtypes: corrected types by name.
        dims: corrected dims by name, without the batch dimension.
    """
    lines = (
        tensor_line(
            each.name,
            (dtypes or {}).get(each.name, each.dtype),
            (dims or {}).get(each.name, each.dims),
        )
        for each in signature.outputs
    )
    return "\n".join(("outputs:", *lines))
