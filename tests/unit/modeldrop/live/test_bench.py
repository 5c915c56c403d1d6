"""What keeps a measurement from beginning; the rest is tests/workflow/test_load_profile.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.spec.load_profile import LoadProfile
from model_packager.spec.smoke_test_spec import SmokeTest
from modeldrop.errors import UsageError
from modeldrop.live.bench import bench
from modeldrop.live.live_model import LiveModel
from tests.unit.functions.samples import ENDPOINT, VERSION, signature, tensor

if TYPE_CHECKING:
    from boto3 import Session


def test_request_over_the_limit_is_not_sent(session: Session) -> None:
    wide = signature((tensor("x", INVOCATION_BYTES.value),))
    live_model = LiveModel("resnet", VERSION, ENDPOINT, wide, SmokeTest(), None)
    with pytest.raises(UsageError, match="Use a smaller input"):
        bench(session, live_model, LoadProfile())
