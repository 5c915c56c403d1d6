"""Requests a classifier's top classes, for the notification."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from model_client.ranking import ranked_items
from model_client.request import request
from model_packager.stored import Ranking
from smoke_test.invocation import invoke

if TYPE_CHECKING:
    from model_client.arrays import Tensors
    from smoke_test.time_budget import TimeBudget
    from workflow.contracts.deploy_model import SmokeTestInput

CLASSES = 5


def rank(event: SmokeTestInput, tensors: Tensors, budget: TimeBudget) -> list[Ranking]:
    """Request the top classes of the first item and the first output."""
    body, content_type = request(tensors, event.signature, binary=True, classes=CLASSES)
    items = ranked_items(invoke(event, body, content_type, budget), event.signature)
    return [Ranking(**asdict(each)) for each in items[0]] if items else []
