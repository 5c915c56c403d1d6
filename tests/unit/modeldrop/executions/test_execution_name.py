from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from model_packager.aws_limits import EXECUTION_NAME
from modeldrop.executions.execution_name import execution_name

NOW = datetime(2026, 8, 1, 15, 12, 24, 7, tzinfo=UTC)


def test_name_contains_user_model_and_time() -> None:
    assert execution_name("resnet", "restore", NOW) == "resnet-restore-20260801T151224Z-000007"


def test_names_a_moment_apart_differ() -> None:
    later = NOW + timedelta(microseconds=1)
    assert execution_name("resnet", "delete", NOW) != execution_name("resnet", "delete", later)


def test_longest_model_name_is_cut_to_the_limit_of_step_functions() -> None:
    name = execution_name("M." + "m" * 126, "restore", NOW)
    assert len(name) == EXECUTION_NAME.value
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
