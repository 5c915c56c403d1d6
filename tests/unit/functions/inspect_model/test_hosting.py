import pytest

from inspect_model.hosting import hosting
from model_packager.formats.torchscript.format import TORCHSCRIPT
from model_packager.inspection import Inspection
from model_packager.rejection import SpecRejected
from model_packager.sagemaker.hosting import DataCapture, Hosting
from model_packager.spec.deploy_spec import DeploySpec
from tests.unit.functions.samples import signature
from workflow.settings import InspectModelSettings

SETTINGS = InspectModelSettings(
    aws_region="eu-west-1",
    endpoint_prefix="modeldrop",
    triton_release="26.05",
    instance_type="ml.g4dn.xlarge",
    instance_count=2,
    artifact_bucket="artifacts",
    inference_topic_arn="arn:aws:sns:eu-west-1:123456789012:inference",
    kms_key_arn="",
    subnet_ids="",
    security_group_ids="",
    allow_network_access="false",
    data_capture_percent="0",
    resource_tags="",
    spec_tags_override="false",
    allowed_instance_types="ml.g4dn.xlarge,ml.m5.large",
    max_instances=6,
    cpu_test="off",
)


def hosted(
    spec: dict[str, object], instance_type: str = "ml.g4dn.xlarge", **settings: str
) -> Hosting:
    parsed = DeploySpec.model_validate(spec)
    found = Inspection(
        signature(),
        parsed,
        instance_type,
        config_pbtxt="",
        labels=None,
        has_labels=False,
        model_format=TORCHSCRIPT,
        default_model="resnet",
        warnings=(),
        weight_files=(),
        places={},
        notes=(),
    )
    return hosting(found, SETTINGS.model_copy(update=settings))


def test_template_decides_without_a_value_in_the_spec() -> None:
    found = hosted({})
    assert (found.instance_type, found.instance_count) == ("ml.g4dn.xlarge", 2)
    assert found.environment == {
        "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "resnet",
        "SAGEMAKER_TRITON_LOG_VERBOSE": "false",
    }
    assert (found.model_download_timeout_seconds, found.startup_timeout_seconds) == (1800, 900)


def test_spec_wins() -> None:
    found = hosted(
        {
            "endpoint": {
                "instance_count": 5,
                "model_download_timeout_seconds": 60,
                "startup_timeout_seconds": 61,
            },
            "container": {"environment": {"SAGEMAKER_TRITON_THREAD_COUNT": "4"}},
        }
    )
    assert found.instance_count == 5
    assert (found.model_download_timeout_seconds, found.startup_timeout_seconds) == (60, 61)
    assert found.environment == {
        "SAGEMAKER_TRITON_THREAD_COUNT": "4",
        "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "resnet",
        "SAGEMAKER_TRITON_LOG_VERBOSE": "false",
    }


@pytest.mark.parametrize(
    ("instance_type", "tag"), [("ml.g4dn.xlarge", "26.05-py3"), ("ml.m5.large", "26.05-py3-cpu")]
)
def test_image_fits_instance_and_region(instance_type: str, tag: str) -> None:
    image = hosted({}, instance_type).image
    assert image.endswith(f".dkr.ecr.eu-west-1.amazonaws.com/sagemaker-tritonserver:{tag}")


def test_region_without_an_image_is_rejected() -> None:
    with pytest.raises(SpecRejected, match="mars-north-1"):
        hosted({}, aws_region="mars-north-1")


def test_limits_of_the_stack_apply_to_the_spec_and_to_its_own_defaults() -> None:
    with pytest.raises(SpecRejected, match=r"endpoint\.instance_count in deploy\.yaml is 7"):
        hosted({"endpoint": {"instance_count": 7}})
    with pytest.raises(SpecRejected, match=r"the stack's parameter InstanceType\)"):
        hosted({}, "ml.g5.xlarge")


def test_options_of_the_template_are_read_from_their_texts() -> None:
    found = hosted(
        {"tags": {"team": "audio"}, "container": {"network_isolation": False}},
        subnet_ids="subnet-0a,subnet-0b",
        security_group_ids="sg-0a",
        allow_network_access="true",
        data_capture_percent="20",
        resource_tags="team=vision,cost-center=42",
        spec_tags_override="true",
    )
    assert (found.subnet_ids, found.security_group_ids) == (("subnet-0a", "subnet-0b"), ("sg-0a",))
    assert not found.network_isolation
    assert found.data_capture == DataCapture(percent=20, uri="s3://artifacts/_capture")
    assert found.tags == {"team": "audio", "cost-center": "42"}
