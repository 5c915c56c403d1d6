from __future__ import annotations

import json

import pytest

from model_client.errors import InvalidTensor
from model_client.request import JSON
from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.spec.hosting_mode import HostingMode
from model_packager.spec.smoke_test_spec import SmokeTest
from smoke_test.invocation import invoke
from tests.unit.functions.samples import DEPLOYMENT, ENDPOINT, signature
from workflow.contracts.deploy_model import SmokeTestInput


def event(mode: str = "real_time") -> SmokeTestInput:
    return SmokeTestInput(
        deployment=DEPLOYMENT,
        target=ENDPOINT,
        signature=signature(),
        smoke_test=SmokeTest(),
        hosting_mode=HostingMode.model_validate({"mode": mode}),
        has_labels=False,
        earlier_checks=(),
    )


def test_body_over_sagemakers_limit_is_not_sent() -> None:
    with pytest.raises(InvalidTensor, match="6,291,457 bytes"):
        invoke(event(), bytes(INVOCATION_BYTES.value + 1), JSON)


def test_body_over_the_asynchronous_limit_is_not_sent() -> None:
    with pytest.raises(InvalidTensor, match=r"at most 67,108,864"):
        invoke(event("async"), json.dumps("x" * 2**26).encode(), JSON)
