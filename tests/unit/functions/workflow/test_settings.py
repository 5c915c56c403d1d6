import pytest
from pydantic import ValidationError

from workflow.settings import (
    CreateModelSettings,
    FindModelSettings,
    InspectModelSettings,
    NextInstanceTypeSettings,
    PackageModelSettings,
    PublishResultSettings,
    RecordDeploymentSettings,
    RemoveOldVersionsSettings,
    RestoreVersionSettings,
    RollBackSettings,
    Settings,
)

ALL = {
    "AWS_REGION": "eu-west-1",
    "ENDPOINT_PREFIX": "modeldrop",
    "TRITON_RELEASE": "26.05",
    "INSTANCE_TYPE": "ml.g4dn.xlarge",
    "INSTANCE_COUNT": "2",
    "ARTIFACT_BUCKET": "artifacts",
    "CPU_TEST": "off",
    "KMS_KEY_ARN": "",
    "SUBNET_IDS": "subnet-0a,subnet-0b",
    "SECURITY_GROUP_IDS": "sg-0a",
    "ALLOW_NETWORK_ACCESS": "true",
    "INFERENCE_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:inference",
    "DATA_CAPTURE_PERCENT": "20",
    "RESOURCE_TAGS": "team=vision",
    "SPEC_TAGS_OVERRIDE": "false",
    "ALLOWED_INSTANCE_TYPES": "ml.g4dn.xlarge,ml.m5.large",
    "MAX_INSTANCES": "6",
    "KEPT_VERSIONS": "3",
    "EXECUTION_ROLE_ARN": "arn:aws:iam::123456789012:role/modeldrop",
    "TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:results",
    "CHAT_TOPIC_ARN": "",
}
MODELS: list[type[Settings]] = [
    CreateModelSettings,
    FindModelSettings,
    InspectModelSettings,
    NextInstanceTypeSettings,
    PackageModelSettings,
    PublishResultSettings,
    RecordDeploymentSettings,
    RemoveOldVersionsSettings,
    RestoreVersionSettings,
    RollBackSettings,
]
NEEDED = [(model, name) for model in MODELS for name in model.model_fields]


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("model", MODELS)
def test_values_come_from_the_environment(model: type[Settings], complete: None) -> None:
    for name, value in model.read().model_dump().items():
        assert str(value) == ALL[name.upper()]


@pytest.mark.parametrize(("model", "name"), NEEDED)
def test_missing_variable_fails_by_name(
    model: type[Settings], name: str, complete: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name.upper())
    with pytest.raises(ValidationError, match=rf"(?m)^{name}$"):
        model.read()


def test_count_is_a_number(complete: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTANCE_COUNT", "two")
    with pytest.raises(ValidationError, match="instance_count"):
        InspectModelSettings.read()
