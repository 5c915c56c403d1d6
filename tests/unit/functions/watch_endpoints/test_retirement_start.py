from datetime import UTC, datetime

import pytest

from model_packager.aws_limits import EXECUTION_NAME
from model_packager.names.endpoint import ENDPOINT_LIMIT, resource_name
from tests.unit.functions.samples import VERSION
from watch_endpoints.retirement_start import _SHORT, execution_name
from workflow.contracts.retire_model import RetirementReason


@pytest.mark.parametrize("reason", _SHORT)
def test_longest_name_fits_step_functions(reason: RetirementReason) -> None:
    config = resource_name("e" * ENDPOINT_LIMIT, VERSION)
    name = execution_name(config, reason, datetime(2026, 11, 25, tzinfo=UTC))
    assert len(name) <= EXECUTION_NAME.value
    assert name.endswith("-20261125")
