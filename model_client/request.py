"""Builds a request to a served model, in Triton's binary format or as JSON."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

if TYPE_CHECKING:
    from model_client.arrays import Tensors
    from model_packager.signature import Signature

BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="
"""The content type of Triton's binary format on SageMaker. The length of the JSON header follows
(AWS's Triton examples, triton-inference-server/server src/sagemaker_server.cc)."""

JSON = "application/json"


def _whole_sequence() -> dict[str, Any]:
    """Return the parameters of a sequence with one request and a random ID above 0."""
    number = secrets.randbelow(2**62) + 1
    return {"sequence_id": number, "sequence_start": True, "sequence_end": True}


def request(
    tensors: Tensors, signature: Signature, *, binary: bool, classes: int = 0
) -> tuple[bytes, str]:
    """Build the body and the content type of a request for all outputs.

    For a model with `sequence_batching`, the request is the first and last of a sequence.

    Args:
        tensors: the arrays by input name, in the model's dtypes; text as `text_array` returns it.
        signature: the model's inputs and outputs.
        binary: whether request and response use Triton's binary format instead of JSON.
        classes: the number of top classes to request instead of the values (Triton's classification
            extension); 0 for the values.
    """
    inputs: list[InferInput] = []
    for tensor in signature.inputs:
        array = tensors[tensor.name]
        infer_input = InferInput(tensor.name, array.shape, tensor.dtype.datatype)
        infer_input.set_data_from_numpy(array, binary_data=binary)
        inputs.append(infer_input)
    outputs = [
        InferRequestedOutput(tensor.name, binary_data=binary, class_count=classes)
        for tensor in signature.outputs
    ]
    body, header_length = InferenceServerClient.generate_request_body(
        inputs, outputs=outputs, **(_whole_sequence() if signature.sequences else {})
    )
    return bytes(body), JSON if header_length is None else f"{BINARY}{header_length}"
