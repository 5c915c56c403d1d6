from __future__ import annotations

import pytest

from model_client.request import BODY_LIMIT_BYTES, JSON
from smoke_test.invocation import invoke
from workflow.errors import SmokeTestFailed


def test_body_over_sagemakers_limit_is_not_sent() -> None:
    with pytest.raises(SmokeTestFailed, match="6,291,457 bytes"):
        invoke("modeldrop-resnet", bytes(BODY_LIMIT_BYTES + 1), JSON)
