from __future__ import annotations

import pytest

from model_packager.stored import ShadowComparison, VariantTraffic
from workflow.notify.shadow_text import shadow_text

FEW = VariantTraffic(requests=12, failed=0, mean_ms=4, p50_ms=None, p95_ms=None)
MANY = VariantTraffic(requests=1200, failed=0, mean_ms=4, p50_ms=3.5, p95_ms=9.1)
NONE = VariantTraffic(requests=0, failed=0, mean_ms=None, p50_ms=None, p95_ms=None)


@pytest.mark.parametrize(
    ("compared", "live", "shadow", "text"),
    [
        (
            200,
            MANY,
            FEW,
            "Shadow test: 198 of 200 responses agree; latency mean of 12: 4.0 ms (live version: "
            "median 3.5 ms, p95 9.1 ms).",
        ),
        (0, NONE, NONE, "Shadow test: none of 0 copies of requests compared."),
        (
            0,
            MANY,
            FEW,
            "Shadow test: none of 12 copies of requests compared; latency mean of 12: 4.0 ms "
            "(live version: median 3.5 ms, p95 9.1 ms).",
        ),
    ],
)
def test_one_sentence(
    compared: int, live: VariantTraffic, shadow: VariantTraffic, text: str
) -> None:
    comparison = ShadowComparison(
        live_version="20260731T080000Z-ffffffff",
        sample_percent=20,
        hours=2,
        compared=compared,
        agreeing=max(compared - 2, 0),
        differences=(),
        complete=True,
        live=live,
        shadow=shadow,
    )
    assert shadow_text(comparison) == text
