"""The planned requests for each state of the model's or the pool's endpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model_packager.spec.deploy_spec import DeploySpec
from modeldrop.dropping.planned_requests import (
    PlannedDeployment,
    PlannedRequest,
    requests_of_model,
    requests_of_pool,
)
from modeldrop.dropping.pool_plan import PoolPlan
from tests.unit.functions.samples import HOSTING

ENDPOINT = "modeldrop-pool-small"
PLANNED = PlannedDeployment(
    model="resnet",
    endpoint=ENDPOINT,
    artifact="s3://artifacts/_pools/small/",
    hosting=HOSTING,
    spec=DeploySpec.model_validate({"rollout": {"staging": False}}),
    partition="aws",
    region="us-east-1",
)
STAGED = replace(PLANNED, spec=DeploySpec.model_validate({"rollout": {"staging": True}}))
CREATION = ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
CHANGE = ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint"]


def in_pool(
    planned: PlannedDeployment, pool: PoolPlan, running_config: str | None = None
) -> list[tuple[str, str]]:
    """Return the operations with their conditions."""
    found = requests_of_pool(planned, pool, running_config)
    return [(each.operation, each.when) for each in found]


def test_drop_that_fits_its_pool_needs_no_request() -> None:
    assert in_pool(PLANNED, PoolPlan("small", exists=True)) == []


def test_new_pool_is_created_once() -> None:
    assert in_pool(PLANNED, PoolPlan("small", exists=False)) == [(each, "") for each in CREATION]


def test_unknown_pool_is_created_or_changed() -> None:
    created = [(each, "the pool small does not exist") for each in CREATION]
    changed = [(each, "the pool small exists, and the drop changes it") for each in CHANGE]
    assert in_pool(PLANNED, PoolPlan("small", exists=None)) == created + changed


@pytest.mark.parametrize(("running", "other"), [("--1", "--2"), ("--2", "--1")])
def test_changed_pool_gets_the_config_that_is_not_running(running: str, other: str) -> None:
    pool = PoolPlan("small", exists=True, before="1 x a", after="1 x b")
    three = replace(PLANNED, hosting=HOSTING.model_copy(update={"instance_count": 3}))
    requests = [*requests_of_pool(three, pool, ENDPOINT + running)]
    assert [(each.operation, each.when) for each in requests] == [(each, "") for each in CHANGE]
    assert instances(requests) == [3]
    assert requests[-1].parameters["EndpointConfigName"] == ENDPOINT + other


def test_changed_pool_is_tested_in_staging() -> None:
    pool = PoolPlan("small", exists=True, before="1 x a", after="3 x b")
    three = replace(STAGED, hosting=HOSTING.model_copy(update={"instance_count": 3}))
    requests = [*requests_of_pool(three, pool, None)]
    operations = [each.operation for each in requests]
    assert operations == [*CREATION, "CreateEndpointConfig", "UpdateEndpoint"]
    assert instances(requests) == [1, 3]


def instances(requests: list[PlannedRequest]) -> list[int]:
    """Return the number of instances in each endpoint config."""
    return [
        each.parameters["ProductionVariants"][0]["InitialInstanceCount"]
        for each in requests
        if each.operation == "CreateEndpointConfig"
    ]


@pytest.mark.parametrize(
    ("spec", "folder"),
    [
        ("", "a version is live, and was dropped in the same folder"),
        ("old/resnet", "a version is live, and was dropped in the same folder or in old/resnet"),
    ],
)
def test_update_has_its_condition(spec: str, folder: str) -> None:
    moved = PLANNED.spec.model_copy(update={"move_from": spec or None})
    requests = [*requests_of_model(replace(PLANNED, spec=moved))]
    assert [(each.operation, each.when) for each in requests] == [
        ("CreateModel", ""),
        ("CreateEndpointConfig", ""),
        ("CreateEndpoint", "the endpoint does not exist"),
        ("UpdateEndpoint", folder),
    ]


def test_shadow_test_only_with_that_strategy() -> None:
    def shadows(planned: PlannedDeployment) -> int:
        return sum(
            "ShadowProductionVariants" in each.parameters for each in requests_of_model(planned)
        )

    rollout = {"strategy": "shadow", "hours": 2}
    shadow = replace(PLANNED, spec=DeploySpec.model_validate({"rollout": rollout}))
    assert (shadows(PLANNED), shadows(shadow)) == (0, 1)
