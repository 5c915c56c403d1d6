from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from modeldrop.local.sagemaker.metrics.invocation_metrics import METRICS, Invocation, metric_data


def invocations(statuses: list[int], **more: Any) -> list[Invocation]:
    fields = {"endpoint": "e", "variant": "v", "config": "c", "at": 90.0, "instances": 2, **more}
    return [
        Invocation(status=status, model_seconds=0.001 * (i + 1), overhead_seconds=0.0, **fields)
        for i, status in enumerate(statuses)
    ]


def test_equal_values_are_joined_and_every_metric_has_both_sets_of_dimensions() -> None:
    data = list(metric_data(invocations([200, 200, 500])))
    assert {(datum["MetricName"], len(datum["Dimensions"])) for datum in data} == set(
        itertools.product(METRICS, (2, 3))
    )
    of = {d["MetricName"]: (d["Values"], d["Counts"]) for d in data if len(d["Dimensions"]) == 2}
    assert of["Invocations"] == ([1.0], [3.0])
    assert of["InvocationsPerInstance"] == ([0.5], [3.0])
    assert of["Invocation5XXErrors"] == ([0.0, 1.0], [2.0, 1.0])
    assert of["Invocation4XXErrors"] == ([0.0], [3.0])
    assert of["ModelLatency"] == ([1000, 2000, 3000], [1.0] * 3)
    (timestamp,) = {datum["Timestamp"].timestamp() for datum in data}
    assert timestamp == 60.0


def test_models_of_a_multi_model_endpoint_are_hits_or_are_loaded() -> None:
    one, two = invocations([200, 200])
    loaded = [replace(one, loading_seconds=0.0), replace(two, loading_seconds=1.5)]
    of = {d["MetricName"]: d["Values"] for d in metric_data(loaded) if len(d["Dimensions"]) == 2}
    assert of["ModelCacheHit"] == [1.0, 0.0]
    assert of["ModelLoadingWaitTime"] == [0, 1_500_000]
    assert of["Invocations"] == [1.0]


def test_number_of_values_in_a_datum_stays_within_the_limit_of_cloudwatch() -> None:
    data = [d for d in metric_data(invocations([200] * 400)) if d["MetricName"] == "ModelLatency"]
    lengths = [len(datum["Values"]) for datum in data if len(datum["Dimensions"]) == 2]
    assert lengths == [150, 150, 100]
