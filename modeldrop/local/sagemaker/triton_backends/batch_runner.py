"""Runs requests as one batch in a stand-in backend, like Triton's backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import triton_python_backend_utils as pb_utils


class BatchRunner:
    """Runs the requests that Triton passes together. An error fails all of them."""

    def __init__(
        self,
        config: dict[str, Any],
        run: Callable[[list[Any]], list[Any]],
        message_of: Callable[[Exception], str],
    ) -> None:
        """Keep the functions of a backend.

        Args:
            config: the model configuration as Triton's JSON.
            run: returns a response for each request.
            message_of: returns the message of Triton's backend for an exception of `run`.
        """
        self._is_warming_up = bool(config.get("model_warmup"))
        self._run = run
        self._message_of = message_of

    def responses(self, requests: list[Any]) -> list[Any]:
        """Return a response for each request."""
        try:
            responses = self._run(requests)
        except Exception as error:
            message = self._message_of(error)
        else:
            self._is_warming_up = False
            return responses
        if self._is_warming_up:
            # tritonserver 2.51 often crashes after a failed warm-up, before it logs the reason.
            pb_utils.Logger.log_error(message.replace("\n", r"\n"))
        error = pb_utils.TritonError(message)
        return [pb_utils.InferenceResponse(output_tensors=[], error=error) for _ in requests]
