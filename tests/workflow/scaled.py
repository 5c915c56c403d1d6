"""Which of the scaling models answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tests.workflow.drops import Cloud


def scaled(cloud: Cloud, model: str) -> float:
    """What the endpoint makes of 1."""
    body = {
        "inputs": [
            {"name": "INPUT__0", "datatype": "FP32", "shape": [1, 2], "data": np.ones(2).tolist()}
        ]
    }
    content, _ = cloud.invoke(model, json.dumps(body).encode(), "application/json")
    value: float = json.loads(content)["outputs"][0]["data"][0]
    return value
