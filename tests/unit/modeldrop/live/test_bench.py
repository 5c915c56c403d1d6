"""Errors before a measurement. tests/workflow/test_load_profile.py has the other tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.spec.hosting_mode import HostingMode
from model_packager.spec.load_profile import LoadProfile
from model_packager.spec.smoke_test_spec import SmokeTest
from modeldrop.errors import UsageError
from modeldrop.live.async_invocation import async_client
from modeldrop.live.bench import bench
from modeldrop.live.live_model import LiveModel
from tests.unit.functions.samples import ENDPOINT, VERSION, signature, tensor

if TYPE_CHECKING:
    from boto3 import Session


def test_request_over_the_limit_is_not_sent(session: Session) -> None:
    wide = signature((tensor("x", INVOCATION_BYTES.value),))
    live_model = LiveModel("resnet", VERSION, ENDPOINT, wide, SmokeTest(), None)
    with pytest.raises(UsageError, match="Pass a smaller input of your own"):
        bench(session, live_model, LoadProfile())


def test_asynchronous_endpoint_has_no_client_that_waits(session: Session) -> None:
    small = signature((tensor("x", 1),))
    live_model = LiveModel("resnet", VERSION, ENDPOINT, small, SmokeTest(), None)
    queued = replace(live_model, hosting=HostingMode.model_validate({"mode": "async"}))
    with pytest.raises(UsageError, match="modeldrop invoke resnet FILE --async"):
        bench(session, queued, LoadProfile())
    with pytest.raises(UsageError, match="Remove --async"):
        async_client(session, live_model, "artifacts", timeout_seconds=1, progress=lambda *_: None)
