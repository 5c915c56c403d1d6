"""A plan matches what the stack does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from model_packager.rejection import SpecRejected
from modeldrop.dropping.offline_inspection import inspect_file
from modeldrop.dropping.plan import Plan, make_plan
from modeldrop.local.sagemaker.api.request_validation import checked_request
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.template import read_template

if TYPE_CHECKING:
    from pathlib import Path


TEMPLATE = read_template()


def planned(model: Path, region: str = "us-east-1", **parameters: str) -> Plan:
    stack = StackParameters.of(TEMPLATE, region, parameters)
    return make_plan(inspect_file(model, None, "resnet"), "resnet", stack, TEMPLATE)


def test_requests_are_ordered_and_valid_for_botocore(model: Path) -> None:
    plan = planned(model)
    operations = [each.operation for each in plan.requests]
    assert operations == [
        "CreateModel",
        *["CreateEndpointConfig", "CreateEndpoint"] * 2,
        "UpdateEndpoint",
    ]
    for each in plan.requests:
        assert checked_request(each.operation, each.parameters) == each.parameters


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-northeast-1"])
def test_everything_is_in_the_region(model: Path, region: str) -> None:
    document = json.dumps(planned(model, region).document())
    assert f".dkr.ecr.{region}.amazonaws.com/" in document
    assert f"arn:aws:sagemaker:{region}:000000000000:endpoint/modeldrop-*" in document
    assert f"arn:aws:states:{region}:" in document


def test_a_release_that_is_not_there_is_refused_with_the_nearest(model: Path) -> None:
    with pytest.raises(SpecRejected, match=r"no image of Triton release 26\.05 in cn-north-1"):
        planned(model, "cn-north-1")


def test_names_are_those_of_the_pipeline(model: Path) -> None:
    plan = planned(model)
    version = "YYYYMMDDTHHMMSSZ-xxxxxxxx"
    assert plan.resources == {
        "artifact": f"s3://<ArtifactBucket>/resnet/{version}/model/",
        "model": f"modeldrop-resnet-{version}",
        "endpoint_config": f"modeldrop-resnet-{version}",
        "endpoint": "modeldrop-resnet",
        "container_log": "/aws/sagemaker/Endpoints/modeldrop-resnet",
    }


def test_permissions_are_the_templates(model: Path) -> None:
    statements = {(each.who, each.statement): each for each in planned(model).permissions}
    create = statements[("CreateModelFunction", "CreateModel")]
    assert create.actions == (
        "sagemaker:CreateModel",
        "sagemaker:DescribeModel",
        "sagemaker:AddTags",
    )
    assert create.resources == ("arn:aws:sagemaker:us-east-1:000000000000:model/modeldrop-*",)
    role = statements[("CreateModelFunction", "PassExecutionRole")]
    assert role.resources == ("<SageMakerExecutionRole.Arn>",)
    text = json.dumps(planned(model).document()["permissions"])
    assert "Fn::" not in text
    assert "${" not in text


def test_permissions_of_disabled_parameters_are_omitted(model: Path) -> None:
    actions = {action for each in planned(model).permissions for action in each.actions}
    assert not {action for action in actions if action.startswith(("kms:", "ec2:"))}


def test_a_spec_with_options_is_in_the_requests(model: Path) -> None:
    model.with_name("deploy.yaml").write_text(
        "endpoint: {data_capture_percent: 5}\ntags: {team: vision}\n"
    )
    create_model, create_config, create_endpoint = planned(model).requests[:3]
    assert create_model.parameters["EnableNetworkIsolation"] is True
    capture = create_config.parameters["DataCaptureConfig"]
    assert capture["DestinationS3Uri"] == "s3://<ArtifactBucket>/_capture"
    for each in (create_model, create_config, create_endpoint):
        assert {"Key": "team", "Value": "vision"} in each.parameters["Tags"]
        assert checked_request(each.operation, each.parameters) == each.parameters


def test_price_class_has_no_invented_price(model: Path) -> None:
    model.with_name("deploy.yaml").write_text(
        "endpoint: {instance_type: ml.c6i.large, instance_count: 3}"
    )
    price = planned(model).price_class
    assert (price["family"], price["size"], price["instance_count"]) == ("c6i", "large", 3)
    assert price["has"] == "2 vCPUs, 4 GiB of memory"
    assert "even when idle" in price["price"]
    model.with_name("deploy.yaml").write_text("endpoint: {instance_type: ml.m9z.large}")
    allowed = "ml.g4dn.xlarge,ml.m9z.large"
    assert planned(model, AllowedInstanceTypes=allowed).price_class["has"] is None


def test_cost_limits_are_those_of_the_stack_and_the_model(model: Path) -> None:
    model.with_name("deploy.yaml").write_text(
        "endpoint: {instance_type: ml.g5.xlarge, fallback_instance_types: [ml.g4dn.xlarge]}\n"
        "autoscaling: {max_instances: 3, invocations_per_instance: 100}\n"
    )
    stack = {"AllowedInstanceTypes": "ml.g4dn.xlarge, ml.g5.xlarge", "MaxInstances": "3"}
    assert json.loads(json.dumps(planned(model, **stack).document()))["cost_limits"] == {
        "instance_types": ["ml.g5.xlarge", "ml.g4dn.xlarge"],
        "max_capacity": 3,
        "allowed_instance_types": ["ml.g4dn.xlarge", "ml.g5.xlarge"],
        "max_instances": 3,
    }
    with pytest.raises(SpecRejected, match="MaxInstances of the stack is 2"):
        planned(model, **stack | {"MaxInstances": "2"})
    with pytest.raises(SpecRejected, match=r"does not allow the instance type ml\.g4dn\.xlarge"):
        planned(model, AllowedInstanceTypes="ml.g5.xlarge")


def test_notes_and_warnings_are_shown(model: Path) -> None:
    model.with_name("deploy.yaml").write_text("endpoint: {instance_type: ml.g9.xlarge}")
    plan = planned(model, AllowedInstanceTypes="ml.g9.xlarge")
    assert "did not check" in " ".join(plan.notes)
    [warning] = plan.document()["warnings"]
    assert "default driver of ml.g9" in warning["cause"]


@pytest.mark.parametrize("packaging", ["uncompressed", "tar.gz"])
def test_artifact_has_the_requested_packaging(model: Path, packaging: str) -> None:
    spec = model.with_name("deploy.yaml")
    spec.write_text(f"package: {packaging}\n")
    plan = planned(model)
    container = plan.requests[0].parameters["PrimaryContainer"]
    assert ("ModelDataUrl" in container) == (packaging == "tar.gz")
    assert plan.resources["artifact"].endswith("/" if packaging == "uncompressed" else ".tar.gz")


@pytest.mark.parametrize(
    ("mode", "idle"),
    [
        ("mode: real_time", "Idle: 1 x ml.g4dn.xlarge, all day: 537 USD per month"),
        ("mode: async", "Idle: nothing."),
        ("mode: async, min_instances: 1", "Idle: 1 x ml.g4dn.xlarge, all day"),
        ("mode: serverless", "Idle: nothing."),
    ],
)
def test_idle_price_of_each_mode(model: Path, mode: str, idle: str) -> None:
    model.with_name("deploy.yaml").write_text(f"hosting: {{{mode}}}")
    plan = planned(model, HourlyPrices="ml.g4dn.xlarge=0.736", AllowNetworkAccess="true")
    assert plan.price_class["idle"].startswith(idle)
    for each in plan.requests:
        assert checked_request(each.operation, each.parameters) == each.parameters


def test_schedule_has_a_price_of_its_own(model: Path) -> None:
    nights = 'schedule: {sleep: "0 19 * * mon-fri", wake: "0 7 * * mon-fri"}\n'
    spec = model.with_name("deploy.yaml")
    spec.write_text(nights)
    prices = "ml.g4dn.xlarge=0.736"
    expected = "Awake 261 of 730 hours per month: 192 USD per month instead of 537 USD"
    assert planned(model, HourlyPrices=prices).document()["schedule"].startswith(expected)
    spec.write_text("")
    assert planned(model, HourlyPrices=prices).schedule == ""


def test_serverless_model_is_packaged_as_an_archive(model: Path) -> None:
    model.with_name("deploy.yaml").write_text("hosting: {mode: serverless}")
    plan = planned(model, AllowNetworkAccess="true")
    assert plan.resources["artifact"].endswith("/model.tar.gz")
    with pytest.raises(SpecRejected, match="cannot isolate"):
        planned(model)


@pytest.mark.parametrize(
    ("spec", "instances", "says"),
    [
        ("endpoint: {instance_count: 3}", 1, "1 x ml.g4dn.xlarge is billed until that test has"),
        (
            "endpoint: {instance_count: 3}\nsmoke_test: {load: {concurrency: [1]}}",
            3,
            "3 x ml.g4dn.xlarge is billed until that test has ended, 2.208 USD per hour",
        ),
    ],
    ids=["one", "load"],
)
def test_update_shows_the_price_of_its_staging_endpoint(
    model: Path, spec: str, instances: int, says: str
) -> None:
    model.with_name("deploy.yaml").write_text(spec)
    plan = planned(model, HourlyPrices="ml.g4dn.xlarge=0.736")
    assert says in plan.staging
    assert plan.document()["staging"] == plan.staging
    config, endpoint = plan.requests[3:5]
    [variant] = config.parameters["ProductionVariants"]
    assert variant["InitialInstanceCount"] == instances
    assert endpoint.parameters["EndpointName"] == plan.resources["endpoint_config"]
    assert config.when.startswith("a version is live")


def test_update_without_staging_costs_nothing_more(model: Path) -> None:
    model.with_name("deploy.yaml").write_text("rollout: {staging: false}")
    plan = planned(model)
    assert plan.staging == ""
    assert [each.operation for each in plan.requests[3:]] == ["UpdateEndpoint"]


def test_plan_of_a_pool_creates_it_once(model: Path) -> None:
    model.with_name("deploy.yaml").write_text("hosting: {mode: pool, pool: small}")
    found = planned(model)
    assert found.resources["endpoint"] == "modeldrop-pool-small"
    assert (
        found.resources["model"] == found.resources["endpoint_config"] == "modeldrop-pool-small--1"
    )
    assert "/_pools/small/" in found.resources["artifact"]
    created = [each for each in found.requests if each.when == "the pool small does not exist"]
    assert [each.operation for each in created] == [
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
    ]
    for each in found.requests:
        checked_request(each.operation, each.parameters)


def test_shadow_test_is_planned_with_its_cost(model: Path) -> None:
    model.with_name("deploy.yaml").write_text("rollout: {strategy: shadow, hours: 2}")
    plan = planned(model, HourlyPrices="ml.g4dn.xlarge=0.736")
    assert "A shadow test then adds 1 x ml.g4dn.xlarge for 2 hours" in plan.staging
    assert "0.736" in plan.staging
    shadows = [each for each in plan.requests if "ShadowProductionVariants" in each.parameters]
    [request] = shadows
    assert checked_request(request.operation, request.parameters) == request.parameters
