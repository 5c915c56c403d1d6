"""The life of a pool: models that join, change, are rejected, and leave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_packager.names import pool_prefix
from modeldrop.local.sagemaker.faults import EndpointFault
from tests import onnx_models
from tests.workflow.command import modeldrop
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.pooled import endpoint_of, keys, left_of_pool

if TYPE_CHECKING:
    from pathlib import Path

    from modeldrop.executions.outcome import Outcome


@dataclass(frozen=True)
class Pool:
    """A pool in the embedded cloud. Its models multiply by a factor."""

    cloud: Cloud
    name: str
    folder: Path

    def drop(self, model: str, factor: float, expected: float | None = None) -> Outcome:
        """Drop a model whose golden sample expects another factor, if one is given."""
        folder = self.folder / f"{model}-{factor}-{expected}"
        sample = folder / "sample"
        sample.mkdir(parents=True, exist_ok=True)
        (folder / "model.onnx").write_bytes(onnx_models.content(onnx_models.scale(factor)))
        spec = folder / "deploy.yaml"
        spec.write_text(f"hosting: {{mode: pool, pool: {self.name}}}\n")
        np.save(sample / "input.npy", np.ones((1, 2), np.float32))
        np.save(sample / "expected.npy", np.full((1, 2), expected or factor, np.float32))
        return self.cloud.drop(model, folder / "model.onnx", spec, sample)

    def factor(self, model: str) -> float:
        """What `modeldrop invoke` gets for ones."""
        invoked = modeldrop(self.cloud, "invoke", model, "--json")
        assert invoked.code == 0, invoked.err
        value: float = invoked.document["outputs"][0]["data"][0][0]
        return value

    @property
    def endpoint(self) -> str:
        return endpoint_of(self.cloud, self.name)

    def description(self) -> Any:
        return self.cloud.client("sagemaker").describe_endpoint(EndpointName=self.endpoint)

    def archives(self) -> list[str]:
        """The TargetModels, by name."""
        prefix = pool_prefix(self.name)
        return sorted(each.removeprefix(prefix) for each in keys(self.cloud, prefix))

    def left(self) -> list[str]:
        """What is left of the pool in SageMaker and the artifact bucket."""
        return left_of_pool(self.cloud, self.name)


def test_life_of_a_pool(cloud: Cloud, name: str, tmp_path: Path) -> None:
    pool, other = Pool(cloud, "life", tmp_path), f"{name}-other"

    first = pool.drop(name, 2.0)
    assert first.execution_status == "SUCCEEDED", summary(first)
    assert content_of(first)["hosting_mode"] == "pool"
    assert content_of(first)["endpoint"] == pool.endpoint
    created = pool.description()
    assert created["EndpointStatus"] == "InService"
    assert pool.factor(name) == 2.0

    second = pool.drop(other, 3.0)  # into a warm pool
    assert second.execution_status == "SUCCEEDED", summary(second)
    assert "the other models of the pool answer, too (1)" in content_of(second)["smoke"]["checks"]
    assert pool.description()["LastModifiedTime"] == created["LastModifiedTime"]
    assert (pool.factor(name), pool.factor(other)) == (2.0, 3.0)

    update = pool.drop(name, 4.0)
    assert update.execution_status == "SUCCEEDED", summary(update)
    assert content_of(update)["superseded_version"] == content_of(first)["version"]
    assert pool.factor(name) == 4.0

    before = pool.archives()
    wrong = pool.drop(name, 5.0, expected=6.0)
    assert content_of(wrong)["failed_state"] == "Smoke Test", summary(wrong)
    assert content_of(wrong)["live_version"] == content_of(update)["version"]
    assert pool.archives() == before
    assert pool.factor(name) == 4.0

    back = modeldrop(cloud, "rollback", name, "--yes", "--json")
    assert back.code == 0, back.err
    assert pool.factor(name) == 2.0

    assert cloud.delete(other).content["status"] == "RETIRED"
    assert pool.description()["LastModifiedTime"] == created["LastModifiedTime"]
    assert pool.factor(name) == 2.0
    assert cloud.delete(name).content["status"] == "RETIRED"
    assert pool.left() == []
    assert cloud.left_of(name) == cloud.left_of(other) == []


def test_two_drops_at_once_share_the_endpoint(cloud: Cloud, name: str, tmp_path: Path) -> None:
    pool = Pool(cloud, "twins", tmp_path)
    names = [f"{name}-{each}" for each in (1, 2)]
    with ThreadPoolExecutor(2) as clients:
        outcomes = list(clients.map(pool.drop, names, (2.0, 3.0)))
    for outcome in outcomes:
        assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    assert [pool.factor(each) for each in names] == [2.0, 3.0]
    with ThreadPoolExecutor(2) as clients:
        retired = list(clients.map(cloud.delete, names))
    assert [each.content["status"] for each in retired] == ["RETIRED", "RETIRED"]
    assert pool.left() == []


def test_model_that_pushes_another_out_of_memory_is_rejected(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    pool = Pool(cloud, "narrow", tmp_path)
    size = len(onnx_models.content(onnx_models.scale(1.0)))
    cloud.faults.add(
        EndpointFault(
            kind="model_memory",
            endpoint_contains=pool.endpoint,
            bytes=int(1.5 * size),
            times=None,
        )
    )
    try:
        first = pool.drop(name, 2.0)
        assert first.execution_status == "SUCCEEDED", summary(first)
        second = pool.drop(f"{name}-2", 3.0)
        content = content_of(second)
        assert content["failed_state"] == "Smoke Test", summary(second)
        assert "do not fit into its memory together" in content["cause"]
        assert [each.partition("/")[0] for each in pool.archives()] == [name]
        assert pool.factor(name) == 2.0
    finally:
        cloud.faults.clear(pool.endpoint)
    cloud.delete(name)
    assert pool.left() == []


def test_twenty_models_at_once_share_the_endpoint(cloud: Cloud, name: str, tmp_path: Path) -> None:
    pool = Pool(cloud, "crowd", tmp_path)
    factors = {f"{name}-{number:02}": float(number) for number in range(2, 22)}
    with ThreadPoolExecutor(len(factors)) as clients:
        outcomes = list(clients.map(pool.drop, factors, factors.values()))
    assert [each.execution_status for each in outcomes] == ["SUCCEEDED"] * len(factors), [
        summary(each) for each in outcomes if each.execution_status != "SUCCEEDED"
    ]
    assert {content_of(each)["endpoint"] for each in outcomes} == {pool.endpoint}
    assert {each: pool.factor(each) for each in factors} == factors


def test_same_event_twice_gives_one_version(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """At once and later: each execution publishes one notification, and the second says so."""
    pool = Pool(cloud, "repeated", tmp_path)
    cloud.faults.add(EndpointFault(kind="slow_start", endpoint_contains=pool.endpoint, seconds=4))
    with ThreadPoolExecutor() as clients:
        drop = clients.submit(pool.drop, name, 2.0)
        at_once = cloud.repeat_running(name, pool.endpoint)
        first = drop.result()
    assert content_of(first)["status"] == "SUCCEEDED", summary(first)
    assert content_of(at_once)["status"] == "DUPLICATE", summary(at_once)
    later = cloud.repeat(first, name)
    assert content_of(later)["status"] == "DUPLICATE", summary(later)
    assert pool.archives() == [f"{name}/{content_of(first)['version']}.tar.gz"]
    assert pool.factor(name) == 2.0
    assert cloud.delete(name).content["status"] == "RETIRED"
    assert pool.left() == []
