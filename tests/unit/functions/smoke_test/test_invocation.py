from __future__ import annotations

import pytest

from model_client.errors import InvalidTensor
from model_client.request import JSON
from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.signature import Signature
from smoke_test.invocation import invoke

SIGNATURE = Signature(inputs=(), outputs=(), max_batch_size=0)


def test_body_over_sagemakers_limit_is_not_sent() -> None:
    with pytest.raises(InvalidTensor, match="6,291,457 bytes"):
        invoke("modeldrop-resnet", bytes(INVOCATION_BYTES.value + 1), JSON, SIGNATURE)
