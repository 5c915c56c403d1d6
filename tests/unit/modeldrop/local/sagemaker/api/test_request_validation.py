from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from model_packager.spec.resource_tags import check_tag
from modeldrop.local.sagemaker.api.control_plane import _AUTO_SCALING, _SAGEMAKER
from modeldrop.local.sagemaker.api.request_validation import (
    _service_model,
    checked_request,
    compiled,
)
from modeldrop.local.sagemaker.errors import ApiError


def refusal(operation: str, payload: Any) -> str:
    with pytest.raises(ApiError) as caught:
        checked_request(operation, payload)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def test_valid_request_is_returned() -> None:
    request = {"EndpointName": "resnet", "EndpointConfigName": "resnet-1"}
    assert checked_request("CreateEndpoint", request) is request


def test_a_name_against_the_pattern_is_refused_in_aws_words() -> None:
    # The message in aws/amazon-sagemaker-feedback#85, with today's pattern.
    name = "ssd-efficientdet-d0-512x512-coco-'17-202308"
    assert refusal("CreateModel", {"ModelName": name}) == (
        f"1 validation error detected: Value '{name}' at 'modelName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?"
    )


def patterns(shape: Any, seen: set[str]) -> Iterator[str]:
    """Yield the patterns of a shape and its members."""
    if shape is None or shape.name in seen:
        return
    seen.add(shape.name)
    if "pattern" in shape.metadata:
        yield shape.metadata["pattern"]
    if shape.type_name == "structure":
        inner = [*shape.members.values()]
    elif shape.type_name == "list":
        inner = [shape.member]
    else:
        inner = [shape.key, shape.value] if shape.type_name == "map" else []
    for each in inner:
        yield from patterns(each, seen)


@pytest.mark.parametrize(
    ("service", "operations"),
    [
        ("sagemaker", _SAGEMAKER),
        ("application-autoscaling", _AUTO_SCALING),
        ("sagemaker-runtime", ["InvokeEndpoint", "InvokeEndpointAsync"]),
    ],
)
def test_every_pattern_of_the_operations_is_checked(service: str, operations: Any) -> None:
    model, seen = _service_model(service), set[str]()
    found = [
        pattern
        for name in operations
        for pattern in patterns(model.operation_model(name).input_shape, seen)
    ]
    assert found
    for pattern in found:
        assert compiled(pattern), pattern


def test_tags_have_only_the_characters_that_sagemaker_allows() -> None:
    """The API and the check of a spec allow the same characters (here the first 12,544)."""
    shape = _service_model("sagemaker").shape_for("TagKey")
    allowed = compiled(shape.metadata["pattern"])
    for character in map(chr, range(0x3100)):
        try:
            check_tag(f"a{character}", "")
        except ValueError:
            assert not allowed.fullmatch(character), ascii(character)
        else:
            assert allowed.fullmatch(character), ascii(character)
    arn = "arn:aws:sagemaker:us-east-1:000000000000:model/m"
    message = refusal("AddTags", {"ResourceArn": arn, "Tags": [{"Key": "a#b", "Value": ""}]})
    assert "Value 'a#b' at 'tags.1.member.key' failed to satisfy constraint" in message


def test_a_time_outside_the_calendar_is_refused() -> None:
    assert "1e+20" in refusal("ListModels", {"CreationTimeAfter": 1e20})


def test_all_errors_are_listed_with_length_errors_first() -> None:
    name = "a_" * 40
    message = refusal("DescribeEndpoint", {"EndpointName": name})
    assert message.startswith("2 validation errors detected: ")
    first, second = message.split("; ")
    assert first.endswith("Member must have length less than or equal to 63")
    assert "Member must satisfy regular expression pattern" in second


def test_places_in_lists_and_maps_are_named_as_aws_names_them() -> None:
    variant = {"VariantName": "a", "ModelName": "ENTER MODEL NAME", "InstanceType": "ml.none"}
    message = refusal(
        "CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [variant]}
    )
    assert "'ENTER MODEL NAME' at 'productionVariants.1.member.modelName'" in message
    assert "'ml.none' at 'productionVariants.1.member.instanceType'" in message
    assert "Member must satisfy enum value set: [ml.t2.medium, " in message
    container = {"Image": "i", "Environment": {"A": "x" * 1025}}
    message = refusal("CreateModel", {"ModelName": "m", "PrimaryContainer": container})
    assert "at 'primaryContainer.environment.A.member' failed to satisfy" in message


def test_numbers_outside_their_range_are_rejected() -> None:
    def with_volume(size: int) -> dict[str, Any]:
        variant = {"VariantName": "a", "ModelName": "m", "VolumeSizeInGB": size}
        return {"EndpointConfigName": "c", "ProductionVariants": [variant]}

    assert refusal("CreateEndpointConfig", with_volume(513)).endswith(
        "Value '513' at 'productionVariants.1.member.volumeSizeInGB' failed to satisfy constraint: "
        "Member must have value less than or equal to 512"
    )
    # boto3 also checks minima before it sends a request, with botocore's messages.
    assert "valid min value: 1" in refusal("CreateEndpointConfig", with_volume(0))


def test_too_many_environment_entries_are_rejected() -> None:
    container = {"Image": "i", "Environment": {f"V{i}": "1" for i in range(101)}}
    message = refusal("CreateModel", {"ModelName": "m", "PrimaryContainer": container})
    assert "'primaryContainer.environment'" in message
    assert "Member must have length less than or equal to 100" in message


def test_unknown_missing_and_mistyped_members_are_refused() -> None:
    assert 'Unknown parameter in input: "Nmae"' in refusal("DescribeModel", {"Nmae": "m"})
    assert 'Missing required parameter in input: "ModelName"' in refusal("DescribeModel", {})
    assert "Invalid type for parameter ModelName" in refusal("DescribeModel", {"ModelName": 3})


def test_a_body_that_is_not_an_object_is_refused() -> None:
    with pytest.raises(ApiError) as caught:
        checked_request("DescribeModel", ["m"])
    assert caught.value.code == "SerializationException"
