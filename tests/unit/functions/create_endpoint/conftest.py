"""The environment of Create Endpoint."""

from __future__ import annotations

import pytest

from tests.unit.functions.samples import ARTIFACTS


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ARTIFACT_BUCKET": ARTIFACTS,
        "ALLOWED_INSTANCE_TYPES": "ml.g4dn.xlarge,ml.m5.large",
        "MAX_INSTANCES": "6",
    }.items():
        monkeypatch.setenv(name, value)
