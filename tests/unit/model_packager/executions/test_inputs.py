from __future__ import annotations

import pytest

from model_packager.executions.inputs import SCHEDULED_TIME, restore_input, sleep_input, wake_input
from model_packager.stored import Source


@pytest.mark.parametrize("version_id", ["v7", None])
def test_restoring_has_the_event_of_the_drop(version_id: str | None) -> None:
    source = Source(bucket="drops", key="resnet/model.pt", etag="abc", version_id=version_id)
    dropped = {"key": "resnet/model.pt", "etag": "abc"}
    assert restore_input(source, "v1", "2026-08-04T01:02:03+00:00") == {
        "time": "2026-08-04T01:02:03+00:00",
        "detail": {
            "bucket": {"name": "drops"},
            "object": dropped | ({"version-id": version_id} if version_id else {}),
        },
        "restore": "v1",
    }


def test_sleep_keeps_the_versions() -> None:
    assert sleep_input("resnet", "SCHEDULE", SCHEDULED_TIME) == {
        "retire": {"model": "resnet", "reason": "SCHEDULE", "keep_versions": True},
        "time": "<aws.scheduler.scheduled-time>",
    }


def test_wake_up_restores_only_a_sleeping_model() -> None:
    source = Source(bucket="drops", key="resnet/model.pt", etag="abc")
    restored = restore_input(source, "v1", SCHEDULED_TIME)
    assert wake_input(source, "v1", SCHEDULED_TIME) == restored | {"wake": True}
