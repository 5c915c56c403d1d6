"""The facts that a client needs to call a model's endpoint."""

from __future__ import annotations

import keyword
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.dtype import Dtype
from model_packager.golden_sample import PICTURE_SUFFIXES
from model_packager.names.artifact import live_key
from model_packager.names.pool import target_model
from model_packager.spec.hosting_mode import HostingMode

if TYPE_CHECKING:
    from model_packager.signature import Signature, Tensor
    from model_packager.spec.smoke_test_spec import Picture

EXAMPLE_TEXT = "text"
"""The text in examples for a model that takes text."""

VARYING = 8
"""The size in examples of a dimension that varies and has no example."""


@dataclass(frozen=True)
class Call:
    """An endpoint and its model.

    Attributes:
        model: name of the model.
        endpoint: name of the endpoint.
        region: AWS Region of the endpoint.
        url: the SageMaker runtime's URL, such as https://runtime.sagemaker.eu-west-1.amazonaws.com.
        signature: inputs and outputs of the model.
        picture: preprocessing of pictures; None if the input is not a picture.
        has_labels: whether Triton has class labels.
        hosting: how clients call the endpoint.
        artifact_bucket: the bucket with live.json, which names the live version of a model in a
            pool, and with the inputs and outputs of asynchronous endpoints.
        s3_url: the URL of S3, such as https://s3.eu-west-1.amazonaws.com.
    """

    model: str
    endpoint: str
    region: str
    url: str
    signature: Signature
    picture: Picture | None = None
    has_labels: bool = False
    hosting: HostingMode = HostingMode()  # noqa: RUF009  # frozen
    artifact_bucket: str = ""
    s3_url: str = ""

    @property
    def invocation_url(self) -> str:
        """URL of InvokeEndpoint or InvokeEndpointAsync (SageMaker API reference, both pages)."""
        kind = "async-invocations" if self.hosting.is_async else "invocations"
        return f"{self.url.rstrip('/')}/endpoints/{self.endpoint}/{kind}"

    @property
    def bucket_url(self) -> str:
        """URL of the artifact bucket, with its name in the path."""
        return f"{self.s3_url.rstrip('/')}/{self.artifact_bucket}"

    @property
    def live_key(self) -> str:
        """Key of live.json in the artifact bucket."""
        return live_key(self.model)

    def target_model(self, version: str) -> str:
        """Return the TargetModel of requests to a pool; `version` may be a variable's name."""
        return target_model(self.model, version)

    @property
    def not_found(self) -> str:
        """The start of SageMaker's error for an endpoint that is missing or not in service.

        Source: https://github.com/aws/amazon-sagemaker-examples/issues/293.
        """
        return f"Endpoint {self.endpoint} of account"

    @property
    def not_in_service(self) -> tuple[str, str]:
        """The program's message for that error: the possible causes, and the commands to run.

        It lists all causes, because a client may lack the permission to describe the endpoint. A
        model in a pool does not sleep.
        """
        status = f"Run modeldrop status {self.model} to see which"
        if self.hosting.is_pool:
            return (
                f"The pool of {self.model} is starting, or {self.model} is retired.",
                f"{status}.",
            )
        return (
            f"{self.model} is asleep, starting, or retired: it has no endpoint in service.",
            f"{status}, or modeldrop wake {self.model} to wake it.",
        )

    def example_shape(self, tensor: Tensor) -> list[int]:
        """Return the shape of an example of an input, with one item if the model has a batch."""
        sizes = tensor.example_dims or tensor.dims
        batch = [1] if self.signature.max_batch_size else []
        return [*batch, *(VARYING if size == -1 else size for size in sizes)]

    @property
    def example_values(self) -> str:
        """A description of the contents of the example inputs."""
        texts = sum(each.dtype is Dtype.STRING for each in self.signature.inputs)
        if texts == len(self.signature.inputs):
            return "the text"
        return "the zeros and the text" if texts else "the zeros"

    def example_size(self, tensor: Tensor) -> int:
        """Return the number of elements of that example."""
        return math.prod(self.example_shape(tensor))

    def written_shape(self, tensor: Tensor) -> str:
        """Return a shape for people, such as [batch, 3, 224, 224]; `any` stands for -1."""
        if tensor.assumed:
            return "of a shape that the model decides"
        batch = ["batch"] if self.signature.max_batch_size else []
        sizes = ["any" if size == -1 else str(size) for size in tensor.dims]
        return f"[{', '.join([*batch, *sizes])}]"

    def arguments(self) -> dict[str, Tensor]:
        """Return the inputs in the model's order, by names that programming languages accept."""
        named: dict[str, Tensor] = {}
        for tensor in self.signature.inputs:
            name = _identifier(tensor.name)
            while name in named:
                name += "_"
            named[name] = tensor
        return named


def takes_picture(signature: Signature, picture: Picture, sample: str | None) -> bool:
    """Return whether the model's one input is a picture as `picture` describes it.

    Args:
        signature: the model's inputs and outputs.
        picture: from deploy.yaml; because of its defaults, it is never empty.
        sample: the file name of the golden sample's input; a picture shows that clients send
            pictures.
    """
    if len(signature.inputs) != 1 or sample is None or not sample.endswith(tuple(PICTURE_SUFFIXES)):
        return False
    expected = (3, picture.crop, picture.crop)
    dims = signature.inputs[0].dims
    return len(dims) == len(expected) and all(
        size in (-1, wanted) for size, wanted in zip(dims, expected, strict=True)
    )


def _identifier(name: str) -> str:
    """Turn a tensor's name into an identifier of Python, JavaScript and shells."""
    text = re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")[:60].rstrip("_")
    if not text or text[0].isdigit():
        text = f"input_{text}".rstrip("_")
    return f"{text}_" if keyword.iskeyword(text) or text in _RESERVED_NAMES else text


_RESERVED_NAMES = {
    *("body", "call", "delete", "endpoint", "function", "inputs", "invoke", "new", "np"),
    *("outputs", "region", "runtime", "this", "var"),
}
"""Reserved words of JavaScript, and names that the generated programs use."""
