"""The errors of the client, each with a cause and a fix.

    Rejection (model_packager)
    └── ModelClientError
        ├── InvalidTensor       an input cannot be read, or does not fit the model
        ├── InvalidExpectation  an expected output cannot be read, or does not fit the model
        └── InvalidResponse     a response is not Triton's, or lacks an output or its data

The smoke test turns them into SmokeTestFailed, and `modeldrop invoke` into its own errors.
"""

from model_packager.rejection import Rejection


class ModelClientError(Rejection):
    """A request cannot be built, or its response cannot be read."""


class InvalidTensor(ModelClientError):
    """An input file cannot be read as tensors, or the tensors do not fit the model's inputs."""


class InvalidExpectation(ModelClientError):
    """The file with the expected outputs cannot be read, or does not fit the model's outputs."""


class InvalidResponse(ModelClientError):
    """A response is not in Triton's format, or lacks an output or its data."""
