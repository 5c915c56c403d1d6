"""The template's optional parameters agree with the code that reads them."""

import re

import pytest
from pydantic.alias_generators import to_pascal

from model_packager.sagemaker.cost_limits import CostLimits
from model_packager.sagemaker.instance_facts import instance_facts
from model_packager.sagemaker.price import parameter_prices, price_of
from model_packager.sagemaker.stack_options import StackOptions
from model_packager.spec.hosting_spec import Endpoint
from model_packager.spec.resource_tags import tags_in
from model_packager.spec.value_types import INSTANCE_TYPE
from modeldrop.stack.template import holds, parameter_defaults
from tests.consistency.asl import RESOURCES, ROOT, TEMPLATE, function
from tests.report_samples import HOSTING

PARAMETERS = TEMPLATE["Parameters"]
NOTHING = {"Ref": "AWS::NoValue"}
OF_THE_CONSOLE = {"HasAlarms", "HasFailureAlarms", "HasDashboard"}
"""The conditions that are true by default and need no parameter."""
LIMITS = CostLimits.model_fields.keys()
OPTIONS = {
    name: PARAMETERS[to_pascal(name)] for name in StackOptions.model_fields if name not in LIMITS
}


def test_everything_is_off_by_default() -> None:
    texts = {name: str(each["Default"]) for name, each in OPTIONS.items()}
    assert StackOptions.model_validate(texts) == StackOptions()
    defaults = {name: str(value) for name, value in parameter_defaults(TEMPLATE).items()}
    on = {each for each in TEMPLATE["Conditions"] if holds(TEMPLATE, each, defaults)}
    assert on == OF_THE_CONSOLE


def test_every_option_reaches_inspect_model() -> None:
    variables = function("Inspect Model")["Environment"]["Variables"]
    assert {name: variables[name.upper()] for name in OPTIONS} == {
        name: {"Ref": to_pascal(name)} for name in OPTIONS
    }


@pytest.mark.parametrize("state", ["Inspect Model", "Restore Version"])
def test_cost_limits_reach_the_states_that_start_a_deployment(state: str) -> None:
    variables = function(state)["Environment"]["Variables"]
    assert variables["ALLOWED_INSTANCE_TYPES"] == {
        "Fn::Join": [",", {"Ref": "AllowedInstanceTypes"}]
    }
    assert variables["MAX_INSTANCES"] == {"Ref": "MaxInstances"}


def test_cost_limits_fit_the_examples_and_the_environments() -> None:
    limits = CostLimits.model_validate(
        {name: PARAMETERS[to_pascal(name)]["Default"] for name in LIMITS}
    )
    places = [ROOT / "README.md", ROOT / "samconfig.toml", *(ROOT / "examples").rglob("*.yaml")]
    pages = [ROOT / "docs" / name for name in ("spec.md", "dropping.md", "aws-account.md")]
    text = "\n".join(place.read_text() for place in (*places, *pages))
    for name in re.findall(rf"(?<!=){INSTANCE_TYPE}\b", text):
        assert name in (limits.allowed_instance_types or ()), name
    for count in re.findall(r"(?:instance_count|max_instances): (\d+)", text):
        assert int(count) <= (limits.max_instances or 0)


def test_default_types_are_small() -> None:
    for name in PARAMETERS["AllowedInstanceTypes"]["Default"].split(","):
        facts = instance_facts(name)
        assert facts is not None, name
        assert (facts.architecture, facts.gpus <= 1, facts.vcpus <= 8) == ("x86_64", True, True)


def test_allowed_types_have_the_form_of_the_spec() -> None:
    """CloudFormation compares each member with the pattern (Parameters syntax, AllowedPattern)."""
    pattern = PARAMETERS["AllowedInstanceTypes"]["AllowedPattern"]
    assert pattern == PARAMETERS["InstanceType"]["AllowedPattern"] == INSTANCE_TYPE
    assert not re.fullmatch(pattern, "ml.*")
    assert not re.fullmatch(pattern, "")


def test_the_default_type_of_a_stack_must_be_allowed() -> None:
    [assertion] = TEMPLATE["Rules"]["DefaultInstanceTypeIsAllowed"]["Assertions"]
    names = [{"Ref": "AllowedInstanceTypes"}, {"Ref": "InstanceType"}]
    assert assertion["Assert"] == {"Fn::Contains": names}


def test_percentages_have_the_limits_of_the_spec() -> None:
    percent = OPTIONS["data_capture_percent"]
    for value, taken in {-1: False, 0: True, 100: True, 101: False}.items():
        assert (percent["MinValue"] <= value <= percent["MaxValue"]) is taken
    assert Endpoint(data_capture_percent=100).data_capture_percent == percent["MaxValue"]


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("team=vision", True),
        ("team=vision,cost-center=42,a:b/c=d=e", True),
        ("empty=", True),
        ("team", False),
        ("=vision", False),
        ("team=vision,", False),
        ("aws:team=vision", False),
        ("AWS:team=vision", False),
        ("a=b,modeldrop:model=c", False),
        ("team=a#b", False),
        (",".join(f"k{number}=v" for number in range(40)), True),
        (",".join(f"k{number}=v" for number in range(41)), False),
    ],
)
def test_tags_that_cloudformation_takes_are_taken(text: str, *, taken: bool) -> None:
    assert bool(re.fullmatch(OPTIONS["resource_tags"]["AllowedPattern"], text)) is taken
    if taken:
        tags_in(text)


@pytest.mark.parametrize(
    ("name", "text", "taken"),
    [
        ("subnet_ids", "subnet-0a,subnet-0b", True),
        ("subnet_ids", "subnet-0a, subnet-0b", False),
        ("subnet_ids", "subnet-0a", False),
        ("subnet_ids", "subnet-0a,subnet-0a", False),
        ("subnet_ids", "subnet-0a,subnet-0b,subnet-0a", False),
        ("subnet_ids", "subnet-0ab,subnet-0a", True),
        ("subnet_ids", ",".join(f"subnet-{number:x}" for number in range(16)), True),
        ("subnet_ids", ",".join(f"subnet-{number:x}" for number in range(17)), False),
        ("security_group_ids", ",".join(["sg-0a"] * 5), True),
        ("security_group_ids", ",".join(["sg-0a"] * 6), False),
        ("security_group_ids", "subnet-0a", False),
        ("kms_key_arn", "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab", True),
        ("kms_key_arn", "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-12", True),
        ("kms_key_arn", "arn:aws:kms:us-east-1:123456789012:alias/mine", False),
    ],
)
def test_lists_have_sagemakers_limits(name: str, text: str, *, taken: bool) -> None:
    assert bool(re.fullmatch(OPTIONS[name]["AllowedPattern"], text)) is taken


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("ml.g4dn.xlarge=0.736", True),
        ("ml.g4dn.xlarge=1,ml.c5.large=0.102", True),
        ("ml.g4dn.xlarge=1,", False),
        ("ml.g4dn.xlarge=$1", False),
        ("ml.g4dn.xlarge", False),
        ("g4dn.xlarge=1", False),
    ],
)
def test_prices_that_cloudformation_takes_are_read(text: str, *, taken: bool) -> None:
    assert bool(re.fullmatch(PARAMETERS["HourlyPrices"]["AllowedPattern"], text)) is taken
    if taken:
        found = price_of(HOSTING, parameter_prices(text, "us-east-1"))
        assert bool(found) is bool(text)


def test_subnets_and_security_groups_go_together() -> None:
    [assertion] = TEMPLATE["Rules"]["VpcNeedsSubnetsAndSecurityGroups"]["Assertions"]
    both_empty, both_given = (each["Fn::And"] for each in assertion["Assert"]["Fn::Or"])
    empty = [{"Fn::Equals": [{"Ref": name}, ""]} for name in ("SubnetIds", "SecurityGroupIds")]
    assert both_empty == empty
    assert both_given == [{"Fn::Not": [each]} for each in empty]


def test_buckets_log_to_different_folders_of_the_log_bucket() -> None:
    logged = {
        name: each["Properties"]["LoggingConfiguration"]
        for name, each in RESOURCES.items()
        if each["Type"] == "AWS::S3::Bucket"
    }
    folders = {"DropBucket": "drops", "ArtifactBucket": "artifacts"}
    assert logged.keys() == folders.keys()
    for bucket, folder in folders.items():
        condition, logging, without = logged[bucket]["Fn::If"]
        assert (condition, without) == ("HasAccessLogs", NOTHING)
        assert logging == {
            "DestinationBucketName": {"Ref": "AccessLogBucket"},
            "LogFilePrefix": {"Fn::Sub": f"${{AWS::StackName}}/{folder}/"},
        }


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("my-logs.example", True),
        ("My-Logs", False),
        ("s3://logs", False),
        ("lo", False),
    ],
)
def test_log_bucket_has_the_name_of_a_bucket(text: str, *, taken: bool) -> None:
    """Source: S3 user guide, "General purpose bucket naming rules"."""
    assert bool(re.fullmatch(PARAMETERS["AccessLogBucket"]["AllowedPattern"], text)) is taken


@pytest.mark.parametrize("bucket", ["DropBucket", "ArtifactBucket"])
def test_buckets_are_encrypted_with_the_stacks_key(bucket: str) -> None:
    encryption = RESOURCES[bucket]["Properties"]["BucketEncryption"]
    [rule] = encryption["ServerSideEncryptionConfiguration"]
    condition, with_key, without = rule["ServerSideEncryptionByDefault"]["Fn::If"]
    assert condition == "HasKmsKey"
    assert with_key == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "KmsKeyArn"}}
    assert without == {"SSEAlgorithm": "AES256"}


def test_every_role_is_bounded() -> None:
    """SAM creates the roles of functions and state machines with PermissionsBoundary."""
    bounded = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundaryArn"}, NOTHING]}
    assert TEMPLATE["Globals"]["Function"]["PermissionsBoundary"] == bounded
    for resource in RESOURCES.values():
        if resource["Type"] in {"AWS::IAM::Role", "AWS::Serverless::StateMachine"}:
            assert resource["Properties"]["PermissionsBoundary"] == bounded
