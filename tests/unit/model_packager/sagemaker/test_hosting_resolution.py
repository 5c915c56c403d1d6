from dataclasses import replace

import pytest

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.hosting import DataCapture, Hosting, Serverless, volume_key
from model_packager.sagemaker.hosting_resolution import StackDefaults, resolve_hosting
from model_packager.sagemaker.stack_options import StackOptions
from model_packager.spec.deploy_spec import DeploySpec, parse_deploy_spec
from model_packager.spec.hosting_mode import serverless_type

TOPIC = "arn:aws:sns:eu-west-1:123456789012:inference"
STACK = StackDefaults(
    "eu-west-1",
    "26.05",
    instance_count=2,
    artifact_bucket="artifacts",
    inference_topic_arn=TOPIC,
)
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def resolved(text: str = "", instance_type: str = "ml.g4dn.xlarge", **options: object) -> Hosting:
    spec = parse_deploy_spec(text, origin="deploy.yaml")
    stack = replace(STACK, options=StackOptions.model_validate(options))
    return resolve_hosting("resnet", spec, instance_type, stack)[0]


def test_the_stack_gives_the_defaults() -> None:
    assert resolved() == Hosting(
        image="763104351884.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-tritonserver:26.05-py3",
        instance_type="ml.g4dn.xlarge",
        instance_count=2,
        environment={
            "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "resnet",
            "SAGEMAKER_TRITON_LOG_VERBOSE": "false",
        },
        model_download_timeout_seconds=1800,
        startup_timeout_seconds=900,
        inference_ami_version="al2023-ami-sagemaker-inference-gpu-4-1",
    )


def test_the_spec_overrides_the_stack() -> None:
    hosting = resolved(
        "endpoint: {instance_count: 5, inference_ami_version: default}\n"
        "container: {environment: {A: b}}"
    )
    assert (hosting.instance_count, hosting.inference_ami_version) == (5, None)
    assert hosting.environment == {
        "A": "b",
        "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "resnet",
        "SAGEMAKER_TRITON_LOG_VERBOSE": "false",
    }


def test_a_cpu_instance_has_the_cpu_image_and_no_host_image() -> None:
    hosting = resolved(instance_type="ml.m5.large")
    assert hosting.image.endswith(":26.05-py3-cpu")
    assert hosting.inference_ami_version is None


def test_an_unknown_family_gets_the_newest_host_image() -> None:
    hosting, _ = resolve_hosting("resnet", DeploySpec(), "ml.g6e.xlarge", STACK)
    assert hosting.inference_ami_version == "al2023-ami-sagemaker-inference-gpu-4-1"


def test_the_spec_can_keep_sagemakers_host_image() -> None:
    spec = DeploySpec.model_validate({"endpoint": {"inference_ami_version": "default"}})
    hosting, _ = resolve_hosting("resnet", spec, "ml.g6e.xlarge", STACK)
    assert hosting.inference_ami_version is None


def test_a_region_without_an_image_is_rejected() -> None:
    with pytest.raises(SpecRejected, match="mars-north-1"):
        resolve_hosting(
            "resnet", DeploySpec(), "ml.m5.large", replace(STACK, region="mars-north-1")
        )


def test_all_options_of_the_stack_apply() -> None:
    hosting = resolved(
        kms_key_arn=KEY,
        subnet_ids="subnet-0a,subnet-0b",
        security_group_ids="sg-0a",
        data_capture_percent="20",
        resource_tags="team=vision,cost-center=42",
    )
    assert hosting.kms_key_arn == KEY
    assert (hosting.subnet_ids, hosting.security_group_ids) == (
        ("subnet-0a", "subnet-0b"),
        ("sg-0a",),
    )
    assert hosting.data_capture == DataCapture(percent=20, uri="s3://artifacts/_capture")
    assert hosting.tags == {"team": "vision", "cost-center": "42"}


@pytest.mark.parametrize(
    ("text", "of_stack", "percent"),
    [
        ("", 0, None),
        ("endpoint: {data_capture_percent: 5}", 0, 5),
        ("endpoint: {data_capture_percent: 5}", 50, 5),
        ("endpoint: {data_capture_percent: 0}", 50, None),
        ("", 50, 50),
    ],
)
def test_the_spec_sets_the_data_capture(text: str, of_stack: int, percent: int | None) -> None:
    capture = resolved(text, data_capture_percent=of_stack).data_capture
    assert (capture.percent if capture else None) == percent


@pytest.mark.parametrize("allowed", ["true", "false"])
@pytest.mark.parametrize("spec", ["", "container: {network_isolation: true}"])
def test_a_container_is_isolated_by_default(spec: str, allowed: str) -> None:
    assert resolved(spec, allow_network_access=allowed).network_isolation


def test_only_the_spec_and_the_stack_together_turn_isolation_off() -> None:
    spec = "container: {network_isolation: false}"
    assert not resolved(spec, allow_network_access="true").network_isolation
    with pytest.raises(SpecRejected, match="the stack allows no network access") as refused:
        resolved(spec)
    assert "AllowNetworkAccess=true" in refused.value.fix


def test_the_stacks_tags_override_the_specs_unless_the_stack_allows_otherwise() -> None:
    spec = "tags: {team: audio, owner: me}"
    assert resolved(spec, resource_tags="team=vision").tags == {"team": "vision", "owner": "me"}
    allowed = resolved(spec, resource_tags="team=vision", spec_tags_override="true").tags
    assert allowed == {"team": "audio", "owner": "me"}


def test_a_note_names_the_overridden_tags() -> None:
    spec = DeploySpec.model_validate({"tags": {"team": "audio", "owner": "me"}})
    stack = replace(STACK, options=StackOptions(resource_tags={"team": "vision"}))
    _, notes = resolve_hosting("resnet", spec, "ml.m5.large", stack)
    assert any("overrides these tags of deploy.yaml: team." in note for note in notes)


def test_tags_are_merged_by_key_up_to_the_limit() -> None:
    of_stack = ",".join(f"key-{number}=stack" for number in range(40))
    hosting = resolved(
        "tags: {key-1: spec}", resource_tags=of_stack, spec_tags_override="true"
    ).tags
    assert (hosting["key-0"], hosting["key-1"], len(hosting)) == ("stack", "spec", 40)
    with pytest.raises(SpecRejected, match=r"set 41 tags together\. The maximum is 40"):
        resolved("tags: {another: spec}", resource_tags=of_stack)


@pytest.mark.parametrize(
    ("instance_type", "key"),
    [("ml.m5.large", KEY), ("ml.m9z.large", KEY), ("ml.m5d.large", None), ("ml.g4dn.xlarge", None)],
)
def test_instances_with_local_storage_get_no_volume_key(
    instance_type: str, key: str | None
) -> None:
    stack = replace(STACK, options=StackOptions(kms_key_arn=KEY))
    hosting, notes = resolve_hosting("resnet", DeploySpec(), instance_type, stack)
    assert volume_key(hosting) == key
    assert any("A KMS key does not encrypt it" in note for note in notes) is (key is None)


def test_pool_has_at_most_one_gpu() -> None:
    """A pool keeps its instance type, so the stack's default type is not checked."""
    text = "hosting: {{mode: pool, pool: small}}\nendpoint: {{instance_type: {}}}"
    assert resolved(text.format("ml.g5.xlarge")).instance_type == "ml.g4dn.xlarge"
    with pytest.raises(SpecRejected, match=r"ml[.]g5[.]12xlarge has 4 GPUs"):
        resolved(text.format("ml.g5.12xlarge"))
    assert resolved("hosting: {mode: pool, pool: small}", "ml.g5.12xlarge").pool == "small"


def test_serverless_endpoint_has_no_note_on_volumes() -> None:
    stack = replace(STACK, options=StackOptions.model_validate(NETWORK | {"kms_key_arn": KEY}))
    spec = parse_deploy_spec(SERVERLESS, origin="deploy.yaml")
    _, notes = resolve_hosting("resnet", spec, serverless_type(2048), stack)
    assert not [note for note in notes if "KMS" in note]


def test_asynchronous_endpoint_starts_within_its_limits() -> None:
    """SageMaker creates no endpoint with zero instances, even if it may scale to zero later."""
    assert resolved("hosting: {mode: async}").instance_count == 1
    assert resolved("hosting: {mode: async, max_instances: 5}").instance_count == 2
    least = resolved("hosting: {mode: async, min_instances: 3, max_instances: 5}")
    assert least.instance_count == 3


def test_asynchronous_endpoint_has_a_queue_and_captures_nothing() -> None:
    hosting = resolved("hosting: {mode: async}", data_capture_percent="20")
    assert hosting.data_capture is None
    assert hosting.async_inference is not None
    assert hosting.async_inference.output_uri == "s3://artifacts/_async/outputs"
    assert hosting.async_inference.topic_arn == TOPIC
    assert resolved().async_inference is None


SERVERLESS = "hosting: {mode: serverless, memory_mb: 2048, max_concurrency: 3}"
NETWORK = {"allow_network_access": True}


def test_serverless_endpoint_runs_on_a_cpu_without_isolation() -> None:
    hosting = resolved(SERVERLESS, serverless_type(2048), **NETWORK, kms_key_arn=KEY)
    assert hosting.image.endswith("-py3-cpu")
    assert hosting.serverless == Serverless(memory_mb=2048, max_concurrency=3)
    assert not hosting.network_isolation
    assert volume_key(hosting) is None
    assert hosting.capacity == "serverless, 2,048 MB, at most 3 requests at once"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "cannot isolate such a container"),
        (NETWORK | {"subnet_ids": "subnet-1", "security_group_ids": "sg-1"}, "into a VPC"),
    ],
)
def test_stack_that_excludes_serverless(options: dict[str, object], reason: str) -> None:
    with pytest.raises(SpecRejected, match=reason):
        resolved(SERVERLESS, serverless_type(2048), **options)


@pytest.mark.parametrize(
    ("spec", "arguments"),
    [
        ("", "--load-model=a --load-model=b"),
        (
            "container: {environment: {SAGEMAKER_TRITON_ADDITIONAL_ARGS: --id=x}}",
            "--id=x --load-model=a --load-model=b",
        ),
    ],
)
def test_called_models_are_loaded(spec: str, arguments: str) -> None:
    parsed = parse_deploy_spec(spec, origin="deploy.yaml")
    hosting, _ = resolve_hosting("resnet", parsed, "ml.m5.large", STACK, called_models=("a", "b"))
    assert hosting.environment["SAGEMAKER_TRITON_ADDITIONAL_ARGS"] == arguments


def test_too_many_called_models() -> None:
    names = tuple(f"model-{number:020}" for number in range(40))
    with pytest.raises(SpecRejected, match="do not fit into SAGEMAKER_TRITON_ADDITIONAL_ARGS"):
        resolve_hosting("resnet", DeploySpec(), "ml.m5.large", STACK, called_models=names)
