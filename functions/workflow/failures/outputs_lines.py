"""The dtypes of outputs that the container's log names, as lines for deploy.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from model_packager.spec.yaml.lines import outputs_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model_packager.signature import Signature

OUTPUT_DTYPE = re.compile(
    r"configuration expects datatype TYPE_(?P<config>\w+) for output '(?P<name>.+?)', "
    r"model provides TYPE_(?P<model>\w+)"
)
"""pytorch_backend, src/model_instance_state.cc (ReadOutputTensors)."""


def lines_for_log(errors: Iterable[str], signature: Signature) -> str | None:
    """Return all outputs with the types that the error lines name.

    None if the lines name no type, or if any output is declared instead of assumed.
    """
    found = (OUTPUT_DTYPE.search(text) for text in errors)
    dtypes = {each["name"]: each["model"] for each in found if each is not None}
    is_assumed = all(each.assumed for each in signature.outputs)
    return outputs_lines(signature, dtypes=dtypes) if dtypes and is_assumed else None
