"""The outputs of a model: a response of its endpoint, or the arrays of a run on a CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Answer(Protocol):
    """The outputs of one request, for example a `model_client.response.Response`."""

    def output(self, name: str) -> NDArray[np.generic]:
        """Return one required output."""
        ...

    def outputs(self) -> list[dict[str, Any]]:
        """Return the name, datatype and shape of each output."""
        ...
