"""Every hosting mode: a model from two concurrent drops to its retirement.

Clients send requests while its versions change. test_overlap.py, test_faults.py, test_load.py and
test_retire.py have the same for real-time endpoints.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.waiting import until
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.load import ROWS, ask, load_of_rows
from tests.workflow.models import NO_STAGING, PYTHON_SPEC, python_scale
from tests.workflow.pooled import ask_pool, left_of_pool
from tests.workflow.test_overlap import A_SECOND, drop_all, settled_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from modeldrop.executions.outcome import Outcome

POOL = "common"
REFUSED = "autoscaling: {max_instances: 2, invocations_per_instance: 100}\n"


def ask_queue(cloud: Cloud, model: str) -> np.ndarray:
    """Send an asynchronous request, and wait for its output."""
    rows = {"name": "x", "datatype": "FP32", "shape": [2, 2], "data": ROWS.flatten().tolist()}
    accepted = cloud.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=cloud.endpoint(model),
        Body=json.dumps({"inputs": [rows]}).encode(),
        ContentType="application/json",
    )
    s3 = cloud.client("s3")
    bucket, _, key = accepted["OutputLocation"].removeprefix("s3://").partition("/")

    def content() -> bytes | None:
        try:
            body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return body

    data = json.loads(until(content, 120))["outputs"][0]["data"]
    return np.array(data, np.float32).reshape(ROWS.shape)


@dataclass(frozen=True)
class Mode:
    """A hosting mode, with its lines of deploy.yaml and the call of a client."""

    spec: str
    ask: Callable[[Cloud, str], np.ndarray]


MODES = {
    "async": Mode(f"hosting: {{mode: async, min_instances: 1}}\n{NO_STAGING}", ask_queue),
    "serverless": Mode(
        f"hosting: {{mode: serverless, memory_mb: 1024, max_concurrency: 10}}\n{NO_STAGING}",
        ask,
    ),
    "pool": Mode(f"hosting: {{mode: pool, pool: {POOL}}}\n", partial(ask_pool, pool=POOL)),
}


@pytest.mark.parametrize("kind", MODES)
def test_nobody_notices_a_change_of_version(cloud: Cloud, kind: str) -> None:
    name, mode = f"any-{kind}", MODES[kind]
    spec = f"{mode.spec}smoke_test: {{requests: 5}}\n"
    ended = drop_all(cloud, [(name, 2), (name, 3)], A_SECOND, spec)
    assert settled_as(ended[-1]) == "SUCCEEDED", summary(ended[-1].outcome)
    assert settled_as(ended[0]) in {"SUCCEEDED", "SUPERSEDED", "SourceChanged"}
    assert [len(each.notifications) for each in ended] == [1, 1]
    newest = ended[-1].outcome
    assert settled(cloud.repeat(newest, name)) == "DUPLICATE"

    with load_of_rows(lambda: partial(mode.ask, cloud, name)) as load:
        update = cloud.put_and_follow(f"{name}/model.py", python_scale("4").encode(), name)
        assert settled(update) == "SUCCEEDED", summary(update)
        during_update = set(load.since())
        restored = cloud.repeat(newest, name, restore=content_of(newest)["version"])
        assert settled(restored) == "SUCCEEDED", summary(restored)
    assert not load.failures
    assert during_update, "then this test shows nothing"
    assert during_update | set(load.since()) <= {3, 4}
    assert (mode.ask(cloud, name) == 3 * ROWS).all()

    refused = cloud.put_and_follow(
        f"{name}/deploy.yaml", f"{PYTHON_SPEC}{spec}{REFUSED}".encode(), name
    )
    assert (settled(refused), content_of(refused)["error"]) == ("FAILED", "SpecRejected")
    assert content_of(refused)["live_version"] == content_of(newest)["version"]
    assert (mode.ask(cloud, name) == 3 * ROWS).all()

    assert cloud.delete(name).content["status"] == "RETIRED"
    assert cloud.left_of(name) == []
    assert left_of_pool(cloud, POOL) == []


def settled(outcome: Outcome) -> str:
    status: str = content_of(outcome)["status"]
    return status
