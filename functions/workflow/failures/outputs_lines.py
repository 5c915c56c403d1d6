"""The lines of `outputs` for deploy.yaml, which replace the model's own list as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from model_packager.spec.yaml_lines import tensor_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from model_packager.dtype import Dtype
    from model_packager.signature import Signature

OUTPUT_DTYPE = re.compile(
    r"configuration expects datatype TYPE_(?P<config>\w+) for output '(?P<name>.+?)', "
    r"model provides TYPE_(?P<model>\w+)"
)
"""pytorch_backend, src/model_instance_state.cc (ReadOutputTensors)."""

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


def lines_for_log(errors: Iterable[str], signature: Signature) -> str | None:
    """Return all outputs with the types that the error lines name.

    None if the lines name none, or if the outputs are declared, so that they are no assumption.
    """
    found = (OUTPUT_DTYPE.search(text) for text in errors)
    dtypes = {each["name"]: each["model"] for each in found if each is not None}
    is_assumed = all(each.assumed for each in signature.outputs)
    return outputs_lines(signature, dtypes=dtypes) if dtypes and is_assumed else None
