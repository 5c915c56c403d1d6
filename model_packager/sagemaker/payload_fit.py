"""Checks that a model fits AWS's limits on payloads: of a request, and of the workflow's data."""

import json
import math
from collections.abc import Iterable

from model_packager.aws_limits import INVOCATION_BYTES, STATE_DATA_BYTES
from model_packager.model_warnings import ModelWarning
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.signature import Signature
from model_packager.spec.deploy_spec import DeploySpec

ITEM_BYTES = {"BOOL": 1, "UINT8": 1, "INT8": 1, "INT16": 2, "FP16": 2, "INT32": 4, "FP32": 4}
_OTHER_ITEM_BYTES = 8
_JSON_ITEM_BYTES = 2  # a digit and a comma

MAX_HANDED_ON_BYTES = STATE_DATA_BYTES.value - 56 * 1024
"""Of the output of Inspect Model. Later states add their results to the execution's data."""

_REST_BYTES = 24 * 1024  # names of resources, hosting without its environment, sample, labels


def least_request_bytes(signature: Signature, *, binary: bool) -> int:
    """Return the size of the tensors in the smallest request: one item, open sizes of 1."""
    total = 0
    for tensor in signature.inputs:
        item_bytes = ITEM_BYTES.get(tensor.dtype, _OTHER_ITEM_BYTES) if binary else _JSON_ITEM_BYTES
        total += item_bytes * math.prod(max(size, 1) for size in tensor.dims)
    return total


def check_request(signature: Signature, spec: DeploySpec) -> None:
    """Check that SageMaker accepts a request with one item.

    Raises:
        ModelRejected: no request is small enough.
    """
    size = least_request_bytes(signature, binary=spec.smoke_test.request_format == "binary")
    if size > INVOCATION_BYTES.value:
        shapes = ", ".join(
            f"{each.name:.60} {each.dtype} {list(each.dims)}" for each in signature.inputs[:5]
        )
        raise ModelRejected(
            f"A request with one item has {size:,} bytes or more ({shapes:.300}), but SageMaker's "
            f"InvokeEndpoint accepts at most {INVOCATION_BYTES.value:,}.",
            "Export the model with smaller inputs, such as a smaller picture or a part of the "
            "data, and upload it again.",
        )


def check_handed_on(
    signature: Signature, spec: DeploySpec, config_pbtxt: str, warnings: Iterable[ModelWarning]
) -> None:
    """Check that Step Functions can hand on what the later states need.

    The spec counts twice: the output contains its effective values, too.

    Raises:
        SpecRejected: it is too long.
    """
    texts = (
        signature.model_dump_json(),
        *(2 * (spec.model_dump_json(),)),
        config_pbtxt,
        *(each.model_dump_json() for each in warnings),
    )
    size = _REST_BYTES + sum(len(json.dumps(text)) for text in texts)
    if size > MAX_HANDED_ON_BYTES:
        raise SpecRejected(
            f"The inputs, outputs and settings of the model have {size:,} bytes; the limit is "
            f"{MAX_HANDED_ON_BYTES:,}, because Step Functions limits what a state hands on.",
            "Shorten deploy.yaml (environment, tags, model_warmup), or export the model with fewer "
            "or shorter names of inputs and outputs; then upload the model again.",
        )
