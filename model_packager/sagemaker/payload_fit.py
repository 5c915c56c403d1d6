"""Checks that a model fits AWS's limits on the size of requests and of the workflow's data."""

import json
import math
from collections.abc import Iterable

from model_packager.aws_limits import INVOCATION_BYTES, SERVERLESS_BYTES, STATE_DATA_BYTES
from model_packager.golden_sample import SIZE_LIMIT
from model_packager.model_warnings import ModelWarning
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_mode import HostingMode

ITEM_BYTES = {
    **{"BOOL": 1, "UINT8": 1, "INT8": 1, "INT16": 2, "FP16": 2, "INT32": 4, "FP32": 4},
    "STRING": 4,  # the length in front of a text
}
_OTHER_ITEM_BYTES = 8
_JSON_ITEM_BYTES = 2  # a digit and a comma

RANDOM_WORD_BYTES = 12
"""The maximum size of a text in random data."""

_RANDOM_ITEM_BYTES = ITEM_BYTES | {"STRING": ITEM_BYTES["STRING"] + RANDOM_WORD_BYTES}

SIZE_OF_VARYING_DIM = 8
"""The size in random data of a -1 for which neither model nor spec has an example."""

MAX_HANDED_ON_BYTES = STATE_DATA_BYTES.value - 56 * 1024
"""The limit for the output of Inspect Model. Later states add results to the state data."""

_REST_BYTES = 24 * 1024  # names of resources, hosting without its environment, sample, labels


_ASYNC_TEST_BYTES = SIZE_LIMIT
"""The limit for a test request: the function, with 1,024 MB, keeps it as bytes and as arrays."""


def largest_test_request(hosting: HostingMode) -> int:
    """Return the largest request of the smoke test. Asynchronous clients may send up to 1 GB."""
    limits = {"async": _ASYNC_TEST_BYTES, "serverless": SERVERLESS_BYTES.value}
    return limits.get(hosting.mode, INVOCATION_BYTES.value)


def min_request_bytes(signature: Signature, *, binary: bool) -> int:
    """Return the size of the tensors in the smallest request: one item, variable sizes of 1."""
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
    size = min_request_bytes(signature, binary=spec.smoke_test.request_format == "binary")
    is_async, limit = spec.hosting.is_async, largest_test_request(spec.hosting)
    if size > limit:
        shapes = ", ".join(
            f"{each.name:.60} {each.dtype} {list(each.dims)}" for each in signature.inputs[:5]
        )
        raise ModelRejected(
            f"A request with one item has {size:,} bytes or more ({shapes:.300}), but "
            + (
                f"the smoke test of an asynchronous endpoint sends at most {limit:,}."
                if is_async
                else f"SageMaker's InvokeEndpoint accepts at most {limit:,}."
            ),
            "Export the model with smaller inputs, such as a smaller picture or a part of the "
            "data, and upload it again."
            + ("" if is_async else " For large requests, set hosting.mode to async."),
        )


def example_shape(tensor: Tensor) -> list[int]:
    """Return the shape of an input in random data."""
    return [
        SIZE_OF_VARYING_DIM if size == -1 else size for size in tensor.example_dims or tensor.dims
    ]


def random_request_bytes(signature: Signature) -> int:
    """Return the size of the tensors in a request with random data, in Triton's binary format."""
    return sum(
        _RANDOM_ITEM_BYTES.get(each.dtype, _OTHER_ITEM_BYTES) * math.prod(example_shape(each))
        for each in signature.inputs
    )


def check_random_request(signature: Signature, limit: int) -> None:
    """Check the size of a request with random data, which tests a drop without a sample.

    Args:
        signature: the model's inputs.
        limit: the result of `largest_test_request`.

    Raises:
        SpecRejected: the request is too large.
    """
    size = random_request_bytes(signature)
    if size > limit:
        raise SpecRejected(
            f"A request with random data has {size:,} bytes, but at most {limit:,} are accepted.",
            "Use smaller example_dims in deploy.yaml, or upload a smaller sample/input.npz; then "
            "upload the model again.",
        )


def check_handed_on(
    signature: Signature, spec: DeploySpec, config_pbtxt: str, warnings: Iterable[ModelWarning]
) -> None:
    """Check that the data for the later states fits the limit of Step Functions.

    The spec counts twice: the output contains its effective values, too.

    Raises:
        SpecRejected: the data is too large.
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
            f"{MAX_HANDED_ON_BYTES:,}, because Step Functions limits the output of a state.",
            "Shorten deploy.yaml (environment, tags, model_warmup), or export the model with fewer "
            "or shorter names of inputs and outputs; then upload the model again.",
        )
