"""The life of a pool: models join, change, are rejected, and leave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_packager.names.pool import pool_prefix, pool_staging_name
from model_packager.sagemaker.cloudwatch import log_group
from modeldrop import Endpoint, Stack
from modeldrop.local.sagemaker.faults import EndpointFault
from tests import onnx_models
from tests.client_programs import answer
from tests.continuous_requests import Load
from tests.workflow.command import modeldrop
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.load import ROWS, load_of_rows
from tests.workflow.pooled import endpoint_of, keys, left_of_pool

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from modeldrop.executions.outcome import Outcome


@dataclass(frozen=True)
class Pool:
    """A pool in the embedded cloud, whose models multiply by a factor."""

    cloud: Cloud
    name: str
    folder: Path

    def drop(
        self, model: str, factor: float, expected: float | None = None, endpoint: str = ""
    ) -> Outcome:
        """Drop a model, optionally with a golden sample that expects another factor.

        `endpoint` is the text of deploy.yaml from the endpoint's keys on.
        """
        return self.cloud.drop(model, *self.files(model, factor, expected, endpoint))

    def files(
        self, model: str, factor: float, expected: float | None = None, endpoint: str = ""
    ) -> tuple[Path, Path, Path]:
        """Write the model, its deploy.yaml and its sample."""
        folder = self.folder / f"{model}-{factor}-{expected}"
        sample = folder / "sample"
        sample.mkdir(parents=True, exist_ok=True)
        (folder / "model.onnx").write_bytes(onnx_models.content(onnx_models.scale(factor)))
        spec = folder / "deploy.yaml"
        spec.write_text(
            f"hosting: {{mode: pool, pool: {self.name}}}\n"
            + (f"endpoint: {endpoint}\n" if endpoint else "")
        )
        np.save(sample / "input.npy", np.ones((1, 2), np.float32))
        np.save(sample / "expected.npy", np.full((1, 2), expected or factor, np.float32))
        return folder / "model.onnx", spec, sample

    def plan(self, model: str, factor: float, endpoint: str) -> dict[str, Any]:
        """Return the pool in the output of `modeldrop plan --live`."""
        file, spec, _ = self.files(model, factor, endpoint=endpoint)
        options = ("--spec", str(spec), "--name", model, "--live", "--json")
        planned = modeldrop(self.cloud, "plan", str(file), *options)
        assert planned.code == 0, planned.err
        pool: dict[str, Any] = planned.document["pool"]
        return pool

    def factor(self, model: str) -> float:
        """Return the model's output for ones."""
        value: float = np.asarray(self.client(model)(np.ones((1, 2), np.float32)))[0, 0]
        return value

    def client(self, model: str) -> Endpoint:
        """Return a client of the Python API, which follows the pointer to the live version."""
        return Endpoint(model, stack=Stack(local=True, home=self.cloud.embedded.home))

    def load(self, model: str) -> AbstractContextManager[Load]:
        def client() -> Callable[[], np.ndarray]:
            endpoint = self.client(model)
            return lambda: np.asarray(endpoint(ROWS))

        return load_of_rows(client)

    def instances(self) -> tuple[str, int]:
        """Return the endpoint's config and its number of instances."""
        [variant] = self.description()["ProductionVariants"]
        return self.description()["EndpointConfigName"], variant["DesiredInstanceCount"]

    @property
    def endpoint(self) -> str:
        return endpoint_of(self.cloud, self.name)

    def description(self) -> Any:
        return self.cloud.client("sagemaker").describe_endpoint(EndpointName=self.endpoint)

    def log_of_staging(self) -> str:
        """Return the container logs of the pool's staging endpoints."""
        group = log_group(pool_staging_name(self.endpoint))
        pages = self.cloud.client("logs").get_paginator("filter_log_events")
        return "\n".join(
            event["message"]
            for page in pages.paginate(logGroupName=group)
            for event in page["events"]
        )

    def archives(self) -> list[str]:
        """Return the TargetModels in alphabetical order."""
        prefix = pool_prefix(self.name)
        return sorted(each.removeprefix(prefix) for each in keys(self.cloud, prefix))

    def left(self) -> list[str]:
        """Return the resources of the pool in SageMaker and the artifact bucket."""
        return left_of_pool(self.cloud, self.name)


def text_of(outcome: Outcome) -> str:
    """Return the notification for people without line breaks."""
    return " ".join(outcome.notification.words.split())


def test_life_of_a_pool(cloud: Cloud, name: str, tmp_path: Path) -> None:
    pool, other = Pool(cloud, "life", tmp_path), f"{name}-other"

    first = pool.drop(name, 2.0)
    assert first.execution_status == "SUCCEEDED", summary(first)
    assert content_of(first)["hosting_mode"] == "pool"
    assert content_of(first)["endpoint"] == pool.endpoint
    created = pool.description()
    assert created["EndpointStatus"] == "InService"
    assert pool.factor(name) == 2.0
    invoked = modeldrop(cloud, "invoke", name, "--json")
    assert invoked.document["outputs"][0]["data"] == [[2.0, 2.0]], invoked.err

    second = pool.drop(other, 3.0)  # the pool already runs
    assert second.execution_status == "SUCCEEDED", summary(second)
    assert "the other models of the pool answer, too (1)" in content_of(second)["smoke"]["checks"]
    assert pool.description()["LastModifiedTime"] == created["LastModifiedTime"]
    assert (pool.factor(name), pool.factor(other)) == (2.0, 3.0)
    kept, changed = (pool.plan(name, 9.0, each) for each in ("", "{instance_count: 2}"))
    assert kept["models"] == [name, other]
    assert kept["after"] is None
    assert changed["after"] == kept["before"].replace("1 x", "2 x")

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

    programs = cloud.programs(name)
    back = modeldrop(cloud, "rollback", name, "--yes", "--json")
    assert back.code == 0, back.err
    assert pool.factor(name) == 2.0
    environment = cloud.embedded.environment()
    for language, code in programs.items():  # programs from before the update call the live version
        assert answer(language, code, tmp_path, environment) == [2.0, 2.0]

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
    """The event is repeated at once and later.

    Each execution sends one notification, and the repeated ones report a duplicate.
    """
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


def test_nobody_notices_a_new_version_or_a_change_of_the_endpoint(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    """A drop changes the endpoint after all models are tested. A bad change is undone."""
    pool, other = Pool(cloud, "changing", tmp_path), f"{name}-other"
    for model, factor in ((name, 2.0), (other, 3.0)):
        first = pool.drop(model, factor)
        assert first.execution_status == "SUCCEEDED", summary(first)
    before, _ = pool.instances()

    with pool.load(name) as load, pool.load(other) as load_of_other:
        update = pool.drop(name, 4.0)
        assert update.execution_status == "SUCCEEDED", summary(update)
        assert content_of(update)["pool_change"] is None
        assert set(load.since()) == {2.0, 4.0}

        watched = "{instance_count: 2}\nrollout: {termination_wait_seconds: 1}"
        change = pool.drop(name, 5.0, endpoint=watched)
        assert change.execution_status == "SUCCEEDED", summary(change)
        assert content_of(change)["pool_change"]["after"].startswith("2 x ")
        assert "The pool's endpoint changed from 1 x " in text_of(change)
        after, count = pool.instances()
        assert (after != before, count) == (True, 2)
        staged = pool.log_of_staging()
        assert all(f"TargetModel: {model}/" in staged for model in (name, other))
        assert set(load.since()) == {4.0, 5.0}

        kept = pool.drop(other, 6.0)  # requests no change, so the pool stays as it is
        assert kept.execution_status == "SUCCEEDED", summary(kept)
        assert pool.instances() == (after, 2)

        wrong = pool.drop(other, 7.0, expected=8.0, endpoint="{instance_count: 3}")
        assert content_of(wrong)["failed_state"] == "Smoke Test", summary(wrong)
        assert content_of(wrong)["live_version"] == content_of(kept)["version"]
        assert pool.instances() == (after, 2)
        assert set(load.since()) == {5.0}
        assert set(load_of_other.since()) == {3.0, 6.0}
    assert load.failures == load_of_other.failures == []

    assert cloud.delete(other).content["status"] == "RETIRED"
    assert cloud.delete(name).content["status"] == "RETIRED"
    assert pool.left() == []


def test_change_that_fails_on_the_live_endpoint_is_undone(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    """SageMaker cannot start the new instances, or a version fails on them."""
    pool, no_staging = (
        Pool(cloud, "undone", tmp_path),
        "{instance_count: 2}\nrollout: {staging: no}",
    )
    first = pool.drop(name, 2.0)
    assert first.execution_status == "SUCCEEDED", summary(first)
    before = pool.instances()

    cloud.faults.add(EndpointFault(kind="roll_back", endpoint_contains=pool.endpoint))
    refused = pool.drop(name, 3.0, endpoint=no_staging)
    assert content_of(refused)["status"] == "ROLLED_BACK", summary(refused)
    assert content_of(refused)["live_version"] == content_of(first)["version"]
    assert pool.instances() == before

    wrong = pool.drop(name, 4.0, expected=5.0, endpoint=no_staging)
    assert content_of(wrong)["failed_state"] == "Smoke Test", summary(wrong)
    assert "for the pool's endpoint, which keeps 1 x " in text_of(wrong)
    assert pool.instances() == before
    assert pool.archives() == [f"{name}/{content_of(first)['version']}.tar.gz"]
    assert pool.factor(name) == 2.0
    assert cloud.delete(name).content["status"] == "RETIRED"
    assert pool.left() == []


def test_next_drop_tests_a_change_whose_execution_was_stopped(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    """The execution was stopped during the update or in staging, which leaves an endpoint."""
    pool, two = Pool(cloud, "stopped", tmp_path), "{instance_count: 2}"
    first = pool.drop(name, 2.0)
    assert first.execution_status == "SUCCEEDED", summary(first)
    before, _ = pool.instances()

    model, spec, _ = pool.files(name, 3.0, endpoint=f"{two}\nrollout: {{staging: no}}")
    cloud.abandon_update(pool.endpoint, name, model, spec)
    following = pool.drop(name, 4.0)
    assert following.execution_status == "SUCCEEDED", summary(following)
    after, count = pool.instances()
    assert (after != before, count) == (True, 2)

    model, spec, _ = pool.files(name, 5.0, endpoint="{instance_count: 3}")
    left = cloud.abandon(name, model, spec, pool.endpoint)
    assert left == pool_staging_name(pool.endpoint)
    following = pool.drop(name, 6.0, endpoint=two.replace("2", "4"))
    assert following.execution_status == "SUCCEEDED", summary(following)
    assert pool.instances() == (before, 4)
    assert pool.factor(name) == 6.0
    assert cloud.delete(name).content["status"] == "RETIRED"
    assert pool.left() == []
