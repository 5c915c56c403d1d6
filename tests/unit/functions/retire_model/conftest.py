from __future__ import annotations

import pytest

from tests.unit.functions.samples import ARTIFACTS


@pytest.fixture(autouse=True)
def _bucket(monkeypatch: pytest.MonkeyPatch, buckets: None) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
