"""Models that return text in capital letters: TorchScript, and Triton's Python backend."""

from __future__ import annotations

import torch


class UpperCase(torch.nn.Module):
    """List[str] to List[str]."""

    def forward(self, text: list[str]) -> list[str]:
        return [each.upper() for each in text]


PYTHON_UPPER_CASE = b"""
import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self._answer(each) for each in requests]

    def _answer(self, request):
        text = pb_utils.get_input_tensor_by_name(request, "text").as_numpy()
        upper = [each.decode().upper() for each in text.reshape(-1)]
        output = np.array(upper, np.object_).reshape(text.shape)
        return pb_utils.InferenceResponse([pb_utils.Tensor("upper", output)])
"""
