"""`modeldrop.Endpoint`: call a live model, and operate it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_client.sample_file import File
from model_packager.client_code.languages import Language, client_code
from model_packager.dtype import Dtype
from model_packager.executions.inputs import restore_input, wake_input
from modeldrop.api.deployment import Deployment
from modeldrop.api.stack import Stack
from modeldrop.errors import UsageError
from modeldrop.executions.execution_name import execution_name
from modeldrop.live.calls import call_of
from modeldrop.live.live_model import read_live_model, require_awake, with_input
from modeldrop.live.model_status import read_status
from modeldrop.live.retirement import put_to_sleep, retire
from modeldrop.live.rollback import choose, sleeping_version
from modeldrop.live.version_history import read_history

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from model_client.ranking import RankedClass
    from model_packager.client_code.call import Call
    from model_packager.signature import Signature
    from model_packager.stored import DeploymentRecord, Source
    from modeldrop.api.stack import DeployedStack
    from modeldrop.live.invocation import Invocation, Send
    from modeldrop.live.live_model import LiveModel
    from modeldrop.live.model_status import ModelStatus
    from modeldrop.live.version_history import History

    Outputs = NDArray[np.generic] | dict[str, NDArray[np.generic]]

PICTURE = "image"
"""The name of the argument for a model that takes pictures."""


class Endpoint:
    """The endpoint of a live model. Call it like a function.

    Arguments are the model's inputs, by position, by their names, or by these names as identifiers:
    `INPUT__0` is `input_0`. A model that takes pictures also has the argument `image`, a file.

    For an asynchronous endpoint, a call uploads the request, waits for the result, and fetches it.

    Attributes:
        model: the model's name.
        name: the endpoint's name in SageMaker.
        version: the live version.
        signature: inputs and outputs.
    """

    def __init__(
        self, model: str, *, stack: Stack | None = None, timeout_seconds: float = 900
    ) -> None:
        """Read the record of the live version.

        Args:
            model: the model's name.
            stack: the model's stack; by default the stack of samconfig.toml.
            timeout_seconds: how long to wait for a result of an asynchronous endpoint.

        Raises:
            UsageError: the model has no live version, or there is no such stack.
        """
        self._stack = (stack or Stack()).find()
        self.model = model
        self._live = self._read()
        self.name = self._live.endpoint
        self.signature: Signature = self._live.signature
        self._timeout_seconds = timeout_seconds

    def _read(self) -> LiveModel:
        live = read_live_model(self._stack.session, self.model, self._stack.artifact_bucket)
        self.version = live.version
        return live

    @cached_property
    def _call(self) -> Call:
        return call_of(self._stack.session, self._live, self._stack.artifact_bucket)

    def __call__(self, *arrays: ArrayLike | Path, **named: ArrayLike | Path) -> Outputs:
        """Send one request in the format of the smoke test.

        Args:
            *arrays: the inputs, in the model's order: arrays of its shape, with or without the
                batch dimension; or one file (.png, .jpg, .npy, .npz, .json). For an input of text,
                a str is the text, and a Path is a file.
            **named: the inputs by name.

        Returns:
            The output as an array; arrays by name if the model has several outputs. Text is an
            array of str objects.

        Raises:
            UsageError: the inputs do not fit the model, or the model is asleep.
            InvocationFailed: the endpoint rejected the request, or did not respond.
        """
        # Imported here, because it imports numpy.
        from model_client.text import decoded, is_text

        received = self._invoke(arrays, named, top=0).outputs
        outputs = {n: decoded(each) if is_text(each) else each for n, each in received.items()}
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def classify(
        self, *arrays: ArrayLike | Path, top: int = 5, **named: ArrayLike | Path
    ) -> list[list[RankedClass]]:
        """Return the top classes of each item, with index, label and score, best first.

        Raises:
            UsageError, InvocationFailed: as for a call.
        """
        return self._invoke(arrays, named, top=top).top

    def _invoke(self, arrays: tuple[Any, ...], named: dict[str, Any], *, top: int) -> Invocation:
        # Imported here, because it imports numpy and tritonclient.
        from modeldrop.live.invocation import NotInService, invoke

        # Only live.json says which version of a pool is live, and whether a model is awake again.
        if self._live.hosting.is_pool or self._live.asleep_since is not None:
            self._live = self._read()
        live = self._with_input(arrays, named)
        try:
            return invoke(live, self._client(live), top=top)
        except NotInService:
            self._live = self._read()
            require_awake(self._live)
            raise

    def _client(self, live: LiveModel) -> Send:
        from modeldrop.live.async_invocation import async_client
        from modeldrop.live.invocation import endpoint_client

        if not live.hosting.is_async:
            return endpoint_client(self._stack.session, live)
        return async_client(
            self._stack.session,
            live,
            self._stack.artifact_bucket,
            timeout_seconds=self._timeout_seconds,
            progress=lambda _state, _seconds: None,
        )

    def _with_input(self, arrays: tuple[Any, ...], named: dict[str, Any]) -> LiveModel:
        values = self._by_tensor(arrays, named)
        files = [each for name, each in values.items() if self._is_file(name, each)]
        if files and len(values) == 1:
            return with_input(self._live, Path(files[0]))
        if files:
            raise UsageError("A file is the whole input: pass it alone, or pass arrays.")
        return replace(self._live, sample=sample_file(values, self.signature))

    def _is_file(self, name: str, value: Any) -> bool:
        texts = {each.name for each in self.signature.inputs if each.dtype is Dtype.STRING}
        return isinstance(value, Path) or (isinstance(value, str) and name not in texts)

    def _by_tensor(self, arrays: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        arguments = {name: tensor.name for name, tensor in self._call.arguments().items()}
        if self._call.picture is not None:
            arguments[PICTURE] = self.signature.inputs[0].name
        tensors = [each.name for each in self.signature.inputs]
        if len(arrays) > len(tensors):
            raise UsageError(f"{self.model} has {len(tensors)} inputs, not {len(arrays)}.")
        values = dict(zip(tensors, arrays, strict=False))
        for name, value in named.items():
            tensor = arguments.get(name, name)
            if tensor not in tensors:
                known = ", ".join(arguments)
                raise UsageError(f"{self.model} has no input {name}. It has: {known}.")
            values[tensor] = value
        whole_file = len(values) == 1 and self._is_file(*next(iter(values.items())))
        missing = [] if whole_file else [each for each in tensors if each not in values]
        if missing:
            raise UsageError(f"{self.model} also needs: {', '.join(missing)}.")
        return values

    def history(self) -> History:
        """Return the retained versions; `records` has the newest first."""
        return read_history(
            self._stack.session,
            self.model,
            prefix=self._stack.prefix,
            artifact_bucket=self._stack.artifact_bucket,
        )

    def rollback(self, to: str | None = None) -> Deployment:
        """Deploy an older version again, and test it on the live endpoint.

        Args:
            to: a version, such as v3 or its first characters; by default the previous version.

        Raises:
            UsageError: there is no such version, or it is already live.
        """
        return start_rollback(self._stack, self.model, choose(self.history(), to))

    def sleep(self) -> dict[str, Any]:
        """Delete the endpoint, keep all versions, and return the notification.

        Raises:
            UsageError: the model is asleep already, or a deployment runs.
        """
        return put_to_sleep(self._stack.session, self._stack.outputs, self.model).content

    def wake(self) -> Deployment:
        """Deploy the live version of a sleeping model again; it is tested first.

        Raises:
            UsageError: the model is awake.
        """
        return start_wake(self._stack, self.model, sleeping_version(self.history()))

    def delete(self) -> dict[str, Any]:
        """Delete the endpoint and all versions, and return the notification.

        Raises:
            UsageError: there is no such model.
        """
        return retire(self._stack.session, self._stack.outputs, self.model).content

    def snippet(self, language: str = Language.PYTHON) -> str:
        """Return a program that calls this endpoint without Modeldrop.

        Args:
            language: python, aws-cli, curl or javascript.
        """
        return client_code(self._call, Language(language))

    def __repr__(self) -> str:
        """Return the endpoint and its live version."""
        return f"<Endpoint {self.name} of {self.model}, version {self.version}>"


def start_rollback(stack: DeployedStack, model: str, record: DeploymentRecord) -> Deployment:
    """Start the workflow that deploys a retained version again."""
    return _start(stack, model, restore_input, record)


def start_wake(stack: DeployedStack, model: str, record: DeploymentRecord) -> Deployment:
    """Start the workflow that deploys the version of a sleeping model again."""
    return _start(stack, model, wake_input, record)


def _start(
    stack: DeployedStack,
    model: str,
    content: Callable[[Source, str, str], dict[str, Any]],
    record: DeploymentRecord,
) -> Deployment:
    now = datetime.now(UTC)
    started = stack.session.client("stepfunctions").start_execution(
        stateMachineArn=stack.machine,
        name=execution_name(model, "restore", now),
        input=json.dumps(content(record.source, record.version, now.isoformat())),
    )
    return Deployment(stack, model, started["executionArn"])


def models(stack: Stack | None = None) -> list[ModelStatus]:
    """Return the status of every model: live version, endpoint, last result and requests.

    Raises:
        UsageError: there is no such stack.
    """
    found = (stack or Stack()).find()
    return read_status(
        found.session,
        prefix=found.prefix,
        artifact_bucket=found.artifact_bucket,
        machine_arn=found.machine,
    )


def sample_file(values: dict[str, Any], signature: Signature) -> File:
    """Return arrays as the file of a golden sample: .json for text, otherwise .npz.

    Raises:
        UsageError: an array has objects that are not text.
    """
    import numpy as np  # imported here, like `invoke` above

    from model_client.arrays import npz_of
    from model_client.text import decoded, is_text

    arrays = {name: np.asarray(each) for name, each in values.items()}
    if not any(is_text(each) for each in arrays.values()):
        return File("arguments.npz", npz_of(arrays))
    ranks = {each.name: len(each.dims) for each in signature.inputs}
    try:
        for name, array in arrays.items():
            if is_text(array):  # NumPy's own text type would remove a NUL at the end of a text
                arrays[name] = decoded(np.asarray(values[name], object))
    except ValueError as error:
        raise UsageError(f"An argument is not an array of numbers or text: {error}.") from error
    lists = {
        name: array.reshape(array.shape or (1,) * ranks[name]).tolist()
        for name, array in arrays.items()
    }
    return File("arguments.json", json.dumps(lists).encode())
