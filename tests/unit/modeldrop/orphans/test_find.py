from __future__ import annotations

from dataclasses import replace

import pytest

from model_packager.names.endpoint import shadow_config_name
from model_packager.sagemaker.deployment_guardrails import alarm_names
from model_packager.sagemaker.endpoint_alarm import endpoint_alarm_name
from modeldrop.orphans.find import Kind, find_orphans
from modeldrop.orphans.inventory import (
    Endpoint,
    EndpointConfig,
    Folder,
    Inventory,
    PoolLock,
    PoolObjects,
    ResourceOwner,
)
from tests.unit.modeldrop.recorded import EXECUTION, MIDDLE, NEWEST, OLDEST

RUNNING = EXECUTION + "-that-runs"
ENDPOINT = "modeldrop-resnet"
OLD, LIVE, NEW = (f"{ENDPOINT}-{version}" for version in (OLDEST, MIDDLE, NEWEST))
SHADOW = shadow_config_name(ENDPOINT, MIDDLE)


def origin(version: str, execution: str = EXECUTION) -> ResourceOwner:
    return ResourceOwner("resnet", version, execution)


def config(
    version: str, previous: str | None = None, *, verified: bool = True, execution: str = EXECUTION
) -> EndpointConfig:
    return EndpointConfig(origin(version, execution), previous, verified)


def endpoint(runs: str, pending: str | None = None, execution: str = EXECUTION) -> Endpoint:
    return Endpoint(origin(OLDEST, execution), "InService", runs, pending)


def folder(version: str, execution: str = EXECUTION, *, recorded: bool = True) -> Folder:
    return Folder("resnet", version, execution, recorded)


SOUND = Inventory(
    prefix="modeldrop",
    endpoints={ENDPOINT: endpoint(LIVE)},
    configs={OLD: config(OLDEST), LIVE: config(MIDDLE, OLD)},
    models={OLD: origin(OLDEST), LIVE: origin(MIDDLE)},
    folders=(folder(OLDEST), folder(MIDDLE)),
    live=("resnet",),
    alarms=("somebody's", "modeldrop-by-hand-5xx", endpoint_alarm_name(ENDPOINT)),
    scaled=(ENDPOINT,),
    logged=(ENDPOINT,),
    running_executions=frozenset({RUNNING}),
)


def found(inventory: Inventory) -> list[tuple[Kind, str]]:
    return [(each.kind, each.name) for each in find_orphans(inventory)]


def with_new(
    *, execution: str = EXECUTION, verified: bool = False, recorded: bool = False
) -> Inventory:
    """Return the resources during or after the deployment of the newest version."""
    return replace(
        SOUND,
        configs={
            **SOUND.configs,
            NEW: config(NEWEST, LIVE, verified=verified, execution=execution),
        },
        models={**SOUND.models, NEW: origin(NEWEST, execution)},
        folders=(*SOUND.folders, folder(NEWEST, execution, recorded=recorded)),
        alarms=alarm_names(NEW),
    )


ALL_OF_NEW = [
    *((Kind.ALARM, alarm) for alarm in alarm_names(NEW)),
    (Kind.ENDPOINT_CONFIG, NEW),
    (Kind.MODEL, NEW),
    (Kind.FILES, f"resnet/{NEWEST}"),
]


def test_live_model_with_a_rollback_target_has_no_orphans() -> None:
    assert found(SOUND) == []


def test_a_sleeping_model_keeps_its_versions_and_live_json() -> None:
    gone = replace(SOUND, endpoints={}, alarms=(), scaled=())
    assert (Kind.ENDPOINT_CONFIG, LIVE) in found(gone)
    assert (Kind.LIVE_JSON, "resnet") in found(gone)
    assert found(replace(gone, asleep=frozenset({"resnet"}))) == []


def test_endpoint_of_a_wake_up_that_was_stopped_is_reported() -> None:
    untested = replace(SOUND.configs[LIVE], verified=False)
    configs = {**SOUND.configs, LIVE: untested}
    (orphan,) = find_orphans(
        replace(SOUND, configs=configs, asleep=frozenset({"resnet"}), scaled=())
    )
    assert (orphan.kind, orphan.report_only) == (Kind.ENDPOINT, True)
    assert "modeldrop wake resnet, or modeldrop sleep resnet" in orphan.reason


POOL = "modeldrop-pool-small"


def archive(version: str) -> str:
    return f"_pools/small/resnet/{version}.tar.gz"


def in_pool(*versions: str, lock: str | None = None) -> Inventory:
    """Return the live model in a pool that has archives of these versions."""
    objects = PoolObjects(
        tuple(("resnet", each) for each in versions), PoolLock(lock, "etag") if lock else None
    )
    return replace(
        SOUND,
        endpoints={POOL: Endpoint(None, "InService", POOL, pool="small")},
        configs={POOL: EndpointConfig(None, None, False, pool="small")},
        models={POOL: None},
        pool_models={POOL: "small"},
        pooled={"resnet": "small"},
        pools={"small": objects},
        alarms=(endpoint_alarm_name(POOL),),
        scaled=(),
        logged=(),
    )


ALL_OF_POOL = [
    (Kind.ENDPOINT, POOL),
    (Kind.ALARM, endpoint_alarm_name(POOL)),
    (Kind.ENDPOINT_CONFIG, POOL),
    (Kind.MODEL, POOL),
]


def test_versions_of_a_pool_share_its_resources() -> None:
    assert found(in_pool(OLDEST, MIDDLE)) == []


@pytest.mark.parametrize(("execution", "orphans"), [(EXECUTION, 2), (RUNNING, 0)])
def test_archive_and_files_that_an_execution_left_in_a_pool(execution: str, orphans: int) -> None:
    pool = in_pool(OLDEST, MIDDLE, NEWEST)
    left = replace(pool, folders=(*pool.folders, folder(NEWEST, execution, recorded=False)))
    both = [(Kind.POOL_ARCHIVE, archive(NEWEST)), (Kind.FILES, f"resnet/{NEWEST}")]
    assert found(left) == both[:orphans]


def test_archive_in_another_pool_than_that_of_its_model() -> None:
    moved = replace(in_pool(OLDEST, MIDDLE), pools={"old": PoolObjects((("resnet", OLDEST),))})
    assert found(moved) == [(Kind.POOL_ARCHIVE, f"_pools/old/resnet/{OLDEST}.tar.gz")]


def test_pool_without_a_live_model() -> None:
    empty = replace(in_pool(), live=(), pooled={}, folders=())
    assert found(empty) == ALL_OF_POOL
    deleting = {POOL: replace(empty.endpoints[POOL], status="Deleting")}
    assert (Kind.ENDPOINT, POOL) not in found(replace(empty, endpoints=deleting))


@pytest.mark.parametrize(("verified", "orphans"), [(True, 2), (False, 0)])
def test_config_before_a_change_stays_until_the_change_is_tested(
    verified: bool, orphans: int
) -> None:
    pool, after = in_pool(MIDDLE), f"{POOL}--2"
    changed = replace(
        pool,
        endpoints={POOL: replace(pool.endpoints[POOL], config=after)},
        configs={**pool.configs, after: EndpointConfig(None, POOL, verified, pool="small")},
        pool_models={POOL: "small", after: "small"},
    )
    assert found(changed) == [(Kind.ENDPOINT_CONFIG, POOL), (Kind.MODEL, POOL)][:orphans]


def test_staging_endpoint_alone_is_no_pool() -> None:
    staging = f"{POOL}--staging"
    left = replace(
        in_pool(), endpoints={staging: Endpoint(None, "InService", POOL, pool="small")}, alarms=()
    )
    assert (Kind.ENDPOINT, staging) in found(left)
    assert (Kind.LIVE_JSON, "resnet") in found(left)


def test_pool_whose_endpoint_was_deleted_is_removed_completely() -> None:
    """The same applies to a model with a separate endpoint."""
    assert found(replace(in_pool(MIDDLE), endpoints={}, folders=(folder(MIDDLE),))) == [
        *ALL_OF_POOL[1:],
        (Kind.POOL_ARCHIVE, archive(MIDDLE)),
        (Kind.FILES, f"resnet/{MIDDLE}"),
        (Kind.LIVE_JSON, "resnet"),
    ]


def test_pool_that_an_execution_changes_stays() -> None:
    """The execution has the lock, or an archive that waits for the lock.

    The endpoint may not exist yet.
    """
    locked = replace(in_pool(lock=RUNNING), live=(), pooled={}, folders=())
    assert found(locked) == []
    waiting = replace(
        in_pool(NEWEST), live=(), pooled={}, folders=(folder(NEWEST, RUNNING, recorded=False),)
    )
    assert found(waiting) == []
    assert found(replace(in_pool(MIDDLE, lock=RUNNING), endpoints={}, alarms=())) == []


def test_lock_of_an_ended_execution() -> None:
    [orphan] = find_orphans(in_pool(OLDEST, MIDDLE, lock=EXECUTION))
    assert (orphan.kind, orphan.name, orphan.etag) == (
        Kind.POOL_LOCK,
        "_pool_locks/small.json",
        "etag",
    )


def test_pool_resources_of_others_stay() -> None:
    by_hand = replace(
        in_pool(),
        endpoints={POOL: Endpoint(None, "InService", POOL)},
        configs={POOL: EndpointConfig(None, None, False)},
        pool_models={},
        live=(),
        pooled={},
        folders=(),
    )
    assert found(by_hand) == []


def test_alarm_without_its_endpoint_is_an_orphan() -> None:
    gone = endpoint_alarm_name("modeldrop-vgg")
    assert found(replace(SOUND, alarms=(*SOUND.alarms, gone))) == [(Kind.ALARM, gone)]


def test_resources_of_a_running_execution_are_not_orphans() -> None:
    assert found(with_new(execution=RUNNING)) == []


def test_claimed_and_packaged_version_is_not_an_orphan() -> None:
    folders = (*SOUND.folders, folder(NEWEST, RUNNING, recorded=False))
    models = {**SOUND.models, NEW: origin(NEWEST, RUNNING)}
    assert found(replace(SOUND, folders=folders)) == []
    assert found(replace(SOUND, folders=folders, models=models)) == []


def test_resources_of_an_ended_execution_are_removed_in_order() -> None:
    assert found(with_new()) == ALL_OF_NEW


def test_version_of_a_running_update_is_used() -> None:
    inventory = replace(with_new(), endpoints={ENDPOINT: endpoint(LIVE, NEW)}, alarms=())
    assert found(inventory) == []


def test_rollback_target_stays_without_a_record() -> None:
    assert found(replace(SOUND, folders=(folder(OLDEST, recorded=False), folder(MIDDLE)))) == []


def test_a_recorded_version_can_be_restored_so_it_stays() -> None:
    inventory = replace(with_new(recorded=True), alarms=())
    assert found(inventory) == []


def test_alarms_of_an_ended_rollout() -> None:
    assert found(replace(SOUND, alarms=alarm_names(LIVE))) == [
        (Kind.ALARM, each) for each in alarm_names(LIVE)
    ]


def test_alarms_of_a_config_that_is_gone() -> None:
    assert found(replace(SOUND, alarms=alarm_names(NEW))) == [
        (Kind.ALARM, each) for each in alarm_names(NEW)
    ]


def test_everything_of_an_endpoint_that_is_gone() -> None:
    orphans = find_orphans(replace(SOUND, endpoints={}))
    assert [(each.kind, each.name, each.report_only) for each in orphans] == [
        (Kind.SCALABLE_TARGET, ENDPOINT, False),
        (Kind.ALARM, endpoint_alarm_name(ENDPOINT), False),
        (Kind.ENDPOINT_CONFIG, OLD, False),
        (Kind.ENDPOINT_CONFIG, LIVE, False),
        (Kind.MODEL, OLD, False),
        (Kind.MODEL, LIVE, False),
        (Kind.FILES, f"resnet/{OLDEST}", False),
        (Kind.FILES, f"resnet/{MIDDLE}", False),
        (Kind.LIVE_JSON, "resnet", False),
        (Kind.LOG_GROUP, f"/aws/sagemaker/Endpoints/{ENDPOINT}", True),
    ]


def test_files_and_models_whose_config_is_gone() -> None:
    inventory = replace(
        SOUND,
        models={**SOUND.models, NEW: origin(NEWEST)},
        folders=(*SOUND.folders, folder(NEWEST, recorded=False)),
    )
    assert found(inventory) == [(Kind.MODEL, NEW), (Kind.FILES, f"resnet/{NEWEST}")]


@pytest.mark.parametrize(("execution", "orphans"), [(EXECUTION, 1), (RUNNING, 0)])
def test_staging_endpoint(execution: str, orphans: int) -> None:
    staging = Endpoint(origin(MIDDLE, execution), "InService", LIVE)
    assert found(replace(SOUND, endpoints={**SOUND.endpoints, LIVE: staging})) == (
        [(Kind.ENDPOINT, LIVE)] * orphans
    )


def test_endpoint_without_a_good_version_is_removed_completely() -> None:
    inventory = replace(
        with_new(), endpoints={ENDPOINT: endpoint(NEW)}, live=(), folders=(folder(NEWEST),)
    )
    inventory = replace(inventory, configs={NEW: inventory.configs[NEW]}, models={}, alarms=())
    assert found(inventory) == [
        (Kind.SCALABLE_TARGET, ENDPOINT),
        (Kind.ENDPOINT, ENDPOINT),
        (Kind.ENDPOINT_CONFIG, NEW),
        (Kind.FILES, f"resnet/{NEWEST}"),
    ]


def test_endpoint_with_traffic_is_only_listed() -> None:
    """The endpoint was live before its execution was stopped, so only a user may delete it."""
    inventory = replace(with_new(), endpoints={ENDPOINT: endpoint(NEW)}, alarms=())
    [orphan] = find_orphans(inventory)
    assert (orphan.kind, orphan.name, orphan.report_only) == (Kind.ENDPOINT, ENDPOINT, True)
    assert "roll back to an older version" in orphan.reason


def test_endpoint_under_test_is_no_orphan() -> None:
    inventory = replace(with_new(execution=RUNNING), endpoints={ENDPOINT: endpoint(NEW)}, live=())
    assert found(inventory) == []


def test_endpoint_in_deletion_is_not_an_orphan() -> None:
    deleting = replace(endpoint(NEW), status="Deleting")
    assert found(replace(with_new(), endpoints={ENDPOINT: deleting}, live=(), alarms=())) == []


def test_foreign_resources_are_not_orphans() -> None:
    by_hand = "modeldrop-resnet-by-hand"
    inventory = replace(
        SOUND,
        endpoints={**SOUND.endpoints, by_hand: Endpoint(None, "Failed", by_hand)},
        configs={**SOUND.configs, by_hand: EndpointConfig(None, None, False)},
        models={**SOUND.models, by_hand: None, f"{by_hand}-too": None},
        alarms=alarm_names(by_hand),
    )
    assert found(inventory) == []


def test_endpoint_with_a_foreign_config_is_not_an_orphan() -> None:
    inventory = replace(SOUND, endpoints={ENDPOINT: endpoint("by-hand")}, live=())
    assert found(inventory) == []


def test_transform_job_of_an_ended_execution_is_an_orphan() -> None:
    jobs = {"left": origin(MIDDLE), "works": origin(MIDDLE, RUNNING), "foreign": None}
    inventory = replace(SOUND, transform_jobs=jobs)
    assert found(inventory) == [(Kind.TRANSFORM_JOB, "left")]


def with_shadow(runs: str, execution: str = EXECUTION) -> Inventory:
    """Return an endpoint with a shadow test, during or after its execution."""
    shadow = config(MIDDLE, LIVE, verified=False, execution=execution)
    return replace(
        SOUND,
        endpoints={ENDPOINT: endpoint(runs)},
        configs={**SOUND.configs, SHADOW: shadow},
    )


def test_shadow_test_that_runs_has_no_orphans() -> None:
    assert found(with_shadow(SHADOW, RUNNING)) == []


def test_shadow_variant_of_an_interrupted_test_is_an_orphan() -> None:
    [orphan] = find_orphans(with_shadow(SHADOW))
    assert (orphan.kind, orphan.name, orphan.live_config) == (Kind.SHADOW_VARIANT, ENDPOINT, LIVE)
    assert not orphan.report_only


@pytest.mark.parametrize("status", ["Updating", "InService"])
def test_shadow_variant_stays_if_the_endpoint_cannot_return(status: str) -> None:
    """The endpoint is in transition, or a user has deleted the live version's config."""
    inventory = with_shadow(SHADOW)
    configs = dict(inventory.configs)
    if status == "InService":
        del configs[LIVE]
    endpoints = {ENDPOINT: replace(endpoint(SHADOW), status=status)}
    [orphan] = (
        each
        for each in find_orphans(replace(inventory, configs=configs, endpoints=endpoints))
        if each.kind is Kind.SHADOW_VARIANT
    )
    assert orphan.report_only


def test_shadow_config_that_no_endpoint_runs_is_an_orphan() -> None:
    assert found(with_shadow(LIVE)) == [(Kind.ENDPOINT_CONFIG, SHADOW)]
