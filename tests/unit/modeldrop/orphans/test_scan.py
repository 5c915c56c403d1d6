"""The scan, the classification and the removal of an account's resources."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from model_packager.names.batch import batch_run_name
from model_packager.names.endpoint import pool_endpoint_name, shadow_config_name
from model_packager.names.pool import (
    pool_archive_key,
    pool_config_names,
    pool_lock_key,
    pool_staging_name,
)
from model_packager.names.report import report_key, summary_key
from model_packager.sagemaker.cloudwatch import log_group
from model_packager.sagemaker.deployment_guardrails import alarm_names
from model_packager.sagemaker.requests import VARIANT, origin_tags, pool_tags
from modeldrop.errors import UsageError
from modeldrop.orphans.find import Kind, Orphan, find_orphans
from modeldrop.orphans.inventory import (
    Endpoint,
    EndpointConfig,
    Folder,
    ResourceOwner,
)
from modeldrop.orphans.removal import remove
from modeldrop.orphans.scan import scan, was_running
from tests.unit.modeldrop.account import Account
from tests.unit.modeldrop.recorded import (
    BUCKET,
    EXECUTION,
    MIDDLE,
    NEWEST,
    OLDEST,
    PREFIX,
    keep,
    note_live,
    record,
)

pytestmark = pytest.mark.usefixtures("clients_are_created_once")

RUN, OTHER_RUN = "3f9a1c2b3f9a1c", "00000000000000"
ROLE = "arn:aws:iam::123456789012:role/modeldrop-sagemaker"

if TYPE_CHECKING:
    from boto3 import Session

    from modeldrop.orphans.inventory import Inventory


@pytest.fixture
def account(session: Session) -> Account:
    return Account(session)


def look(account: Account, prefix: str = PREFIX) -> Inventory:
    return scan(account.session, prefix=prefix, artifact_bucket=BUCKET)


def found(account: Account, prefix: str = PREFIX) -> list[tuple[Kind, str]]:
    return [(each.kind, each.name) for each in find_orphans(look(account, prefix))]


def scale(account: Account, endpoint: str) -> None:
    account.session.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{endpoint}/variant/primary",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=1,
        MaxCapacity=2,
    )


def test_scan_finds_all_resources(account: Account) -> None:
    endpoint = account.serve(MIDDLE)
    running = account.start()
    old = account.make(OLDEST)
    new = account.make(NEWEST, execution=running, previous=f"{endpoint}-{MIDDLE}")
    scale(account, endpoint)
    account.watch(alarm_names(new)[0])
    account.session.client("logs").create_log_group(logGroupName=log_group(endpoint))
    live, config = ResourceOwner("resnet", MIDDLE, EXECUTION), f"{endpoint}-{MIDDLE}"
    inventory = look(account)
    assert inventory.endpoints == {endpoint: Endpoint(live, "InService", config)}
    assert inventory.configs == {
        old: EndpointConfig(ResourceOwner("resnet", OLDEST, EXECUTION), None, False),
        config: EndpointConfig(live, None, True),
        new: EndpointConfig(ResourceOwner("resnet", NEWEST, running), config, False),
    }
    assert inventory.models.keys() == inventory.configs.keys()
    assert set(inventory.folders) == {
        Folder("resnet", OLDEST, EXECUTION, recorded=False),
        Folder("resnet", MIDDLE, EXECUTION, recorded=True),
        Folder("resnet", NEWEST, running, recorded=False),
    }
    assert inventory.live == ("resnet",)
    assert inventory.alarms == (alarm_names(new)[0],)
    assert inventory.scaled == inventory.logged == (endpoint,)
    assert inventory.running_executions == {running}
    assert inventory.unchecked == ()


def test_orphans_are_found_and_removed_and_nothing_else(account: Account) -> None:
    endpoint = account.serve(MIDDLE)
    running = account.make(NEWEST, execution=account.start())
    account.watch(alarm_names(running)[0])
    scale(account, endpoint)
    sound = account.left()
    assert found(account) == []

    old = account.make(OLDEST)
    for alarm in alarm_names(old):
        account.watch(alarm)
    account.serve(OLDEST, "vgg")
    scale(account, "modeldrop-vgg")
    account.sagemaker.delete_endpoint(EndpointName="modeldrop-vgg")
    account.session.client("logs").create_log_group(logGroupName=log_group("modeldrop-vgg"))
    orphans = find_orphans(look(account))
    pools = {Kind.POOL_ARCHIVE, Kind.POOL_LOCK}
    others = {Kind.ENDPOINT, Kind.SHADOW_VARIANT, Kind.TRANSFORM_JOB} | pools
    assert {each.kind for each in orphans} == set(Kind) - others

    ended = list(remove(account.session, orphans, BUCKET))
    assert [error for _, error in ended] == [None] * (len(orphans) - 1)
    assert account.left() == sound
    assert [kind for kind, _ in found(account)] == [Kind.LOG_GROUP]


def test_what_an_execution_left_when_it_was_stopped(account: Account) -> None:
    running = account.start()
    account.make(NEWEST, execution=running)
    assert found(account) == []
    account.session.client("stepfunctions").stop_execution(executionArn=running)
    assert [kind for kind, _ in found(account)] == [Kind.ENDPOINT_CONFIG, Kind.MODEL, Kind.FILES]


def test_resources_of_batch_jobs_are_found_by_their_execution(account: Account) -> None:
    account.serve(MIDDLE)
    running, stopped = account.start(), account.start()
    account.session.client("stepfunctions").stop_execution(executionArn=stopped)
    for run, execution in ((RUN, stopped), (OTHER_RUN, running)):
        name = batch_run_name("modeldrop-resnet", run)
        tags = origin_tags("resnet", MIDDLE, execution)
        account.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, Tags=tags)
        account.sagemaker.create_transform_job(
            TransformJobName=name,
            ModelName=name,
            TransformInput={
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://a/b/"}}
            },
            TransformOutput={"S3OutputPath": "s3://a/c/"},
            TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
            Tags=tags,
        )
    left = batch_run_name("modeldrop-resnet", RUN)
    orphans = find_orphans(look(account))
    assert [(each.kind, each.name) for each in orphans] == [(Kind.MODEL, left)]


def test_transform_job_that_still_runs_is_stopped(account: Account) -> None:
    """A hook emulates StopTransformJob, which moto lacks."""
    stopped: list[str] = []

    def stop(params: dict[str, Any], **_: object) -> Any:
        stopped.append(json.loads(params["body"])["TransformJobName"])
        return AWSResponse(params["url"], 200, HTTPHeaders(), None), {}

    hook = "before-call.sagemaker.StopTransformJob"
    events = account.sagemaker.meta.events
    events.register(hook, stop)
    left = Orphan(Kind.TRANSFORM_JOB, "modeldrop-resnet-batch-1", "")
    try:
        assert list(remove(account.session, [left], BUCKET)) == [(left, None)]
    finally:
        events.unregister(hook, stop)
    assert stopped == [left.name]


def make_pool(account: Account, *, tags: bool = True) -> tuple[str, str]:
    """Create the resources that the models of a pool share, and return endpoint and config."""
    endpoint = pool_endpoint_name(PREFIX, "small")
    config, _ = pool_config_names(endpoint)
    owner: list[Any] = pool_tags("small") if tags else []
    make_pool_config(account, config, owner)
    account.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config, Tags=owner)
    return endpoint, config


def make_pool_config(account: Account, name: str, owner: list[Any]) -> None:
    account.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, Tags=owner)
    account.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": VARIANT,
                "ModelName": name,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
        Tags=owner,
    )


def join(account: Account, version: str, execution: str) -> str:
    """Put the archive, the claim and the lock of an execution that deploys into the pool."""
    claim = json.dumps({"execution_arn": execution}).encode()
    key = pool_archive_key("small", "resnet", version)
    account.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    for held in (f"resnet/{version}/claim.json", pool_lock_key("small")):
        account.s3.put_object(Bucket=BUCKET, Key=held, Body=claim)
    return key


def test_what_an_execution_left_of_a_pool_when_it_was_stopped(account: Account) -> None:
    (endpoint, config), running = make_pool(account), account.start()
    archive = join(account, NEWEST, running)
    assert found(account) == []
    account.session.client("stepfunctions").stop_execution(executionArn=running)
    orphans = find_orphans(look(account))
    assert [(each.kind, each.name) for each in orphans] == [
        (Kind.ENDPOINT, endpoint),
        (Kind.ENDPOINT_CONFIG, config),
        (Kind.MODEL, config),
        (Kind.POOL_ARCHIVE, archive),
        (Kind.FILES, f"resnet/{NEWEST}"),
        (Kind.POOL_LOCK, pool_lock_key("small")),
    ]
    assert [error for _, error in remove(account.session, orphans, BUCKET)] == [None] * 6
    assert account.left() == set()


def test_live_versions_of_a_pool_stay(account: Account) -> None:
    endpoint, _ = make_pool(account)
    live = record(MIDDLE)
    home = live.deployment.model_copy(update={"pool": "small", "endpoint": endpoint})
    pooled = live.model_copy(update={"deployment": home})
    keep(account.s3, pooled)
    note_live(account.s3, pooled)
    key = pool_archive_key("small", "resnet", MIDDLE)
    account.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    assert found(account) == []
    other = pool_archive_key("small", "vgg", MIDDLE)
    account.s3.put_object(Bucket=BUCKET, Key=other, Body=b"")
    account.s3.put_object(Bucket=BUCKET, Key="_pools/small/by-hand.txt", Body=b"")
    assert found(account) == [(Kind.POOL_ARCHIVE, other)]


def test_change_of_a_pool_whose_execution_was_stopped(account: Account) -> None:
    """The staging endpoint and its config are removed; the endpoint and the live version stay."""
    endpoint, _ = make_pool(account)
    live = record(MIDDLE)
    home = live.deployment.model_copy(update={"pool": "small", "endpoint": endpoint})
    note_live(account.s3, live.model_copy(update={"deployment": home}))
    _, changed = pool_config_names(endpoint)
    owner: list[Any] = pool_tags("small")
    make_pool_config(account, changed, owner)
    staging = pool_staging_name(endpoint)
    account.sagemaker.create_endpoint(EndpointName=staging, EndpointConfigName=changed, Tags=owner)
    running = account.start()
    claim = json.dumps({"execution_arn": running}).encode()
    account.s3.put_object(Bucket=BUCKET, Key=pool_lock_key("small"), Body=claim)
    assert found(account) == []
    account.session.client("stepfunctions").stop_execution(executionArn=running)
    assert found(account) == [
        (Kind.ENDPOINT, staging),
        (Kind.ENDPOINT_CONFIG, changed),
        (Kind.MODEL, changed),
        (Kind.POOL_LOCK, pool_lock_key("small")),
    ]


def test_pool_that_a_retirement_removes_stays(account: Account) -> None:
    """The archives are deleted, but the endpoint still exists. The lock has the execution."""
    make_pool(account)
    claim = json.dumps({"execution_arn": account.start()}).encode()
    account.s3.put_object(Bucket=BUCKET, Key=pool_lock_key("small"), Body=claim)
    assert found(account) == []


def test_pool_of_others_stays(account: Account) -> None:
    make_pool(account, tags=False)
    assert found(account) == []


def test_execution_that_ends_during_the_scan_counts_as_running(account: Account) -> None:
    stepfunctions, ended = account.session.client("stepfunctions"), account.start()
    stepfunctions.stop_execution(executionArn=ended)
    stopped = stepfunctions.describe_execution(executionArn=ended)["stopDate"]
    assert was_running(stepfunctions, ended, stopped)
    assert not was_running(stepfunctions, ended, stopped + timedelta(milliseconds=1))
    assert not was_running(stepfunctions, f"{ended}-forgotten", stopped)


def test_another_stacks_are_not_ours(account: Account) -> None:
    """The other prefix starts like ours, so our model dev-resnet would have the same names."""
    account.make(OLDEST, tags=False)
    account.s3.delete_object(Bucket=BUCKET, Key=f"resnet/{OLDEST}/claim.json")
    account.make(NEWEST, model="resnet")
    account.s3.delete_object(Bucket=BUCKET, Key=f"resnet/{NEWEST}/claim.json")
    assert found(account, "modeldrop-resnet") == []
    assert [name for _, name in found(account)] == [f"modeldrop-resnet-{NEWEST}"] * 2


def test_reports_of_a_model_that_is_named_like_a_version_stay(account: Account) -> None:
    report = report_key(OLDEST, NEWEST, EXECUTION, restored=False)
    captured = f"_capture/{OLDEST}/primary/requests.jsonl"
    for key in (report, summary_key(report), captured):
        account.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")

    assert found(account) == []


def test_failed_removal_is_reported_and_the_rest_is_removed(account: Account) -> None:
    name = account.make(OLDEST)
    gone = Orphan(Kind.ENDPOINT, "modeldrop-gone", "")
    orphans = [gone, Orphan(Kind.MODEL, name, "")]
    (_, refused), (_, error) = remove(account.session, orphans, BUCKET)
    assert "Could not find endpoint" in (refused or "")
    assert error is None
    assert account.sagemaker.list_models()["Models"] == []


def test_an_endpoint_is_deleted(account: Account) -> None:
    endpoint = account.serve(MIDDLE)
    account.sagemaker.delete_tags(
        ResourceArn=account.sagemaker.describe_endpoint_config(
            EndpointConfigName=f"{endpoint}-{MIDDLE}"
        )["EndpointConfigArn"],
        TagKeys=["modeldrop:verified"],
    )
    account.s3.delete_object(Bucket=BUCKET, Key="resnet/live.json")
    orphans = find_orphans(look(account))
    assert [each.kind for each in orphans] == [
        Kind.ENDPOINT,
        Kind.ENDPOINT_CONFIG,
        Kind.MODEL,
        Kind.FILES,
    ]
    assert [error for _, error in remove(account.session, orphans, BUCKET)] == [None] * 4
    assert account.left() == set()


def test_shadow_config_has_the_owner_in_its_tags(account: Account) -> None:
    endpoint = account.serve(MIDDLE)
    shadow = shadow_config_name(endpoint, MIDDLE)
    live = account.sagemaker.describe_endpoint_config(EndpointConfigName=f"{endpoint}-{MIDDLE}")
    tags = origin_tags("resnet", MIDDLE, EXECUTION)
    create: Any = account.sagemaker.create_endpoint_config
    create(EndpointConfigName=shadow, ProductionVariants=live["ProductionVariants"], Tags=tags)
    assert found(account) == [(Kind.ENDPOINT_CONFIG, shadow)]


def test_unreadable_lock_of_a_pool_is_a_usage_error(account: Account) -> None:
    account.s3.put_object(Bucket=BUCKET, Key=pool_lock_key("small"), Body=b"{}")
    with pytest.raises(UsageError, match=r"cannot read s3://.*/_pool_locks/small\.json"):
        scan(account.session, prefix=PREFIX, artifact_bucket=BUCKET)
