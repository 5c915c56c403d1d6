"""Every parameter of a request is documented and within its limits."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_packager.names.endpoint import endpoint_name, resource_name
from model_packager.rejection import SpecRejected
from model_packager.sagemaker.hosting import Hosting
from model_packager.sagemaker.hosting_resolution import StackDefaults, resolve_hosting
from model_packager.sagemaker.requests import (
    Request,
    create_endpoint_config_request,
    create_endpoint_request,
    create_model_request,
    origin_tags,
    requested_tags,
    shadow_config_request,
    update_endpoint_request,
)
from model_packager.sagemaker.stack_options import StackOptions
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_mode import serverless_type
from model_packager.spec.hosting_spec import (
    LOG_VERBOSE_VARIABLE,
    Endpoint,
    InferenceAmiVersion,
)
from modeldrop.local.sagemaker.api.request_validation import checked_request
from modeldrop.local.sagemaker.errors import ApiError

VERSION = "20260801T151224Z-3f9a1c2b"
ROLE = "arn:aws:iam::123456789012:role/modeldrop-sagemaker"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:deploy-model:first"
TOPIC = "arn:aws:sns:us-east-1:123456789012:inference"
STACK = StackDefaults(
    "us-east-1",
    "26.05",
    instance_count=1,
    artifact_bucket="artifacts",
    inference_topic_arn=TOPIC,
)
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OPTIONS = StackOptions(
    kms_key_arn=KEY,
    subnet_ids=("subnet-0a", "subnet-0b"),
    security_group_ids=("sg-0a",),
    allow_network_access=True,
    data_capture_percent=20,
    resource_tags={"team": "vision"},
)


def requests(model: str, hosting: Hosting, artifact: str = "model/") -> dict[str, Request]:
    endpoint = endpoint_name("modeldrop", model)
    name = resource_name(endpoint, VERSION)
    tags = origin_tags(model, VERSION, EXECUTION)
    uri = f"s3://artifacts/{model}/{VERSION}/{artifact}"
    return {
        "CreateModel": create_model_request(
            name, role_arn=ROLE, artifact_uri=uri, hosting=hosting, tags=tags
        ),
        "CreateEndpointConfig": create_endpoint_config_request(name, hosting=hosting, tags=tags),
        "CreateEndpoint": create_endpoint_request(
            endpoint, config=name, tags=[*tags, *requested_tags(hosting)]
        ),
        "UpdateEndpoint": update_endpoint_request(endpoint, config=name),
    }


@settings(max_examples=60, derandomize=True)
@given(
    model=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}", fullmatch=True),
    endpoint=st.builds(
        Endpoint,
        instance_count=st.none() | st.integers(1, 1000),
        inference_ami_version=st.none() | st.sampled_from(InferenceAmiVersion),
        model_download_timeout_seconds=st.integers(60, 3600),
        startup_timeout_seconds=st.integers(60, 3600),
        data_capture_percent=st.none() | st.integers(0, 100),
    ),
    options=st.builds(
        StackOptions,
        kms_key_arn=st.sampled_from(["", KEY]),
        subnet_ids=st.sampled_from([(), ("subnet-0a",), ("subnet-0a", "subnet-0b")]),
        security_group_ids=st.just(("sg-0a",)),
        allow_network_access=st.booleans(),
        data_capture_percent=st.integers(0, 100),
        resource_tags=st.sampled_from([{}, {"team": "vision", "cost-center": "42"}]),
    ),
    instance_type=st.sampled_from(["ml.g4dn.xlarge", "ml.m5.large", "ml.g6e.xlarge"]),
)
def test_botocore_accepts_all_requests(
    model: str, endpoint: Endpoint, options: StackOptions, instance_type: str
) -> None:
    stack = replace(STACK, options=options)
    hosting, _ = resolve_hosting(model, DeploySpec(endpoint=endpoint), instance_type, stack)
    for operation, request in requests(model, hosting).items():
        assert checked_request(operation, request) == request


def test_shadow_config_has_the_tags_of_the_version_and_the_key_of_the_live_config() -> None:
    stack = replace(STACK, options=OPTIONS)
    hosting, _ = resolve_hosting("resnet", DeploySpec(), "ml.m5.large", stack)
    live = requests("resnet", hosting)["CreateEndpointConfig"]
    request = shadow_config_request(
        "shadow",
        live=live,
        model="new",
        hosting=hosting,
        sample_percent=10,
        capture_uri="s3://artifacts/_shadow",
        tags=origin_tags("resnet", VERSION, EXECUTION),
    )
    assert request["KmsKeyId"] == KEY
    assert request["Tags"] == live["Tags"]
    assert {"Key": "team", "Value": "vision"} in request["Tags"]


def test_only_a_chosen_host_image_is_sent() -> None:
    of_type = {
        name: requests("resnet", resolve_hosting("resnet", DeploySpec(), name, STACK)[0])
        for name in ("ml.g4dn.xlarge", "ml.m5.large")
    }
    gpu, cpu = (each["CreateEndpointConfig"]["ProductionVariants"][0] for each in of_type.values())
    assert gpu["InferenceAmiVersion"] == "al2023-ami-sagemaker-inference-gpu-4-1"
    assert "InferenceAmiVersion" not in cpu


def test_enabled_options_are_sent() -> None:
    stack = replace(STACK, options=OPTIONS)
    sent = requests("resnet", resolve_hosting("resnet", DeploySpec(), "ml.m5.large", stack)[0])
    model, config = sent["CreateModel"], sent["CreateEndpointConfig"]
    assert model["VpcConfig"] == {
        "Subnets": ["subnet-0a", "subnet-0b"],
        "SecurityGroupIds": ["sg-0a"],
    }
    assert model["EnableNetworkIsolation"] is True
    assert config["KmsKeyId"] == KEY
    assert config["DataCaptureConfig"] == {
        "EnableCapture": True,
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": "s3://artifacts/_capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        "KmsKeyId": KEY,
    }
    for operation in ("CreateModel", "CreateEndpointConfig", "CreateEndpoint"):
        keys = [tag["Key"] for tag in sent[operation]["Tags"]]
        assert keys == ["modeldrop:model", "modeldrop:version", "modeldrop:execution", "team"]


def test_disabled_options_are_not_sent() -> None:
    sent = requests("resnet", resolve_hosting("resnet", DeploySpec(), "ml.m5.large", STACK)[0])
    model, config = sent["CreateModel"], sent["CreateEndpointConfig"]
    isolation = {"EnableNetworkIsolation"}  # on by default
    assert set(model) == {"ModelName", "ExecutionRoleArn", "PrimaryContainer", "Tags"} | isolation
    assert model["EnableNetworkIsolation"] is True
    assert set(config) == {"EndpointConfigName", "ProductionVariants", "Tags"}
    assert {len(sent[name]["Tags"]) for name in ("CreateModel", "CreateEndpointConfig")} == {3}


def test_local_storage_gets_no_key_but_captured_requests_do() -> None:
    stack = replace(STACK, options=OPTIONS)
    hosting, _ = resolve_hosting("resnet", DeploySpec(), "ml.g4dn.xlarge", stack)
    config = requests("resnet", hosting)["CreateEndpointConfig"]
    assert "KmsKeyId" not in config
    assert config["DataCaptureConfig"]["KmsKeyId"] == KEY


def test_botocore_rejects_a_wrong_parameter() -> None:
    hosting, _ = resolve_hosting("resnet", DeploySpec(), "ml.m5.large", STACK)
    wrong = requests("resnet", hosting)["CreateEndpointConfig"] | {"Variants": []}
    with pytest.raises(ApiError, match="Variants"):
        checked_request("CreateEndpointConfig", wrong)


def test_plain_objects_and_archives_have_their_own_data_source() -> None:
    hosting, _ = resolve_hosting("resnet", DeploySpec(), "ml.m5.large", STACK)
    plain, archive = (
        requests("resnet", hosting, artifact)["CreateModel"] for artifact in ("model/", "m.tar.gz")
    )
    assert plain["PrimaryContainer"]["ModelDataSource"] == {
        "S3DataSource": {
            "S3Uri": f"s3://artifacts/resnet/{VERSION}/model/",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
    }
    assert "ModelDataUrl" not in plain["PrimaryContainer"]
    assert (
        archive["PrimaryContainer"]["ModelDataUrl"] == f"s3://artifacts/resnet/{VERSION}/m.tar.gz"
    )
    assert "ModelDataSource" not in archive["PrimaryContainer"]
    assert checked_request("CreateModel", archive) == archive


def test_request_of_an_asynchronous_endpoint_is_valid() -> None:
    spec = DeploySpec.model_validate({"hosting": {"mode": "async"}})
    hosting, _ = resolve_hosting("resnet", spec, "ml.g4dn.xlarge", replace(STACK, options=OPTIONS))
    request = requests("resnet", hosting)["CreateEndpointConfig"]
    checked_request("CreateEndpointConfig", request)
    output = request["AsyncInferenceConfig"]["OutputConfig"]
    assert output["KmsKeyId"] == KEY
    assert output["NotificationConfig"] == {"SuccessTopic": TOPIC, "ErrorTopic": TOPIC}
    assert "DataCaptureConfig" not in request


def test_request_of_a_serverless_endpoint_is_valid() -> None:
    spec = DeploySpec.model_validate({"hosting": {"mode": "serverless", "memory_mb": 2048}})
    options = OPTIONS.model_copy(update={"subnet_ids": ()})
    stack = replace(STACK, options=options)
    hosting, _ = resolve_hosting("resnet", spec, serverless_type(2048), stack)
    found = requests("resnet", hosting, "model.tar.gz")
    request = found["CreateEndpointConfig"]
    checked_request("CreateEndpointConfig", request)
    [variant] = request["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert set(variant) == {
        "VariantName",
        "ModelName",
        "InitialVariantWeight",
        "ServerlessConfig",
    }
    assert not {"KmsKeyId", "DataCaptureConfig"} & set(request)
    assert not found["CreateModel"]["EnableNetworkIsolation"]
    assert "VpcConfig" not in found["CreateModel"]


def test_request_of_a_pool_names_a_prefix_and_no_model() -> None:
    spec = DeploySpec.model_validate({"hosting": {"mode": "pool", "pool": "small"}})
    hosting, _ = resolve_hosting("resnet", spec, "ml.g4dn.xlarge", STACK)
    request = requests("resnet", hosting, "_pools/small/")["CreateModel"]
    checked_request("CreateModel", request)
    container = request["PrimaryContainer"]
    assert container["Mode"] == "MultiModel"
    assert container["ModelDataUrl"].endswith("/_pools/small/")
    assert "ModelDataSource" not in container
    assert container["Environment"] == {LOG_VERBOSE_VARIABLE: "false"}


def test_model_that_calls_others_has_no_place_in_a_pool() -> None:
    spec = DeploySpec.model_validate({"hosting": {"mode": "pool", "pool": "small"}})
    with pytest.raises(SpecRejected, match="only one model of an archive"):
        resolve_hosting("resnet", spec, "ml.g4dn.xlarge", STACK, called_models=("other",))
