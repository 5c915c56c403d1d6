import pytest
from pydantic import ValidationError

from model_packager.sagemaker.cost_limits import CostLimits
from model_packager.sagemaker.stack_options import StackOptions


def test_empty_texts_are_off() -> None:
    names = StackOptions.model_fields.keys() - CostLimits.model_fields.keys()
    texts = dict.fromkeys(names, "")
    off = {
        "allow_network_access": "false",
        "data_capture_percent": "0",
        "spec_tags_override": "false",
    }
    assert StackOptions.model_validate(texts | off) == StackOptions()


def test_texts_are_parsed() -> None:
    options = StackOptions.model_validate(
        {
            "subnet_ids": "subnet-0a,subnet-0b",
            "security_group_ids": "sg-0a",
            "allow_network_access": "true",
            "data_capture_percent": "20",
            "resource_tags": "team=vision",
            "spec_tags_override": "true",
            "something_else": "is passed over",
        }
    )
    assert options == StackOptions(
        subnet_ids=("subnet-0a", "subnet-0b"),
        security_group_ids=("sg-0a",),
        allow_network_access=True,
        data_capture_percent=20,
        resource_tags={"team": "vision"},
        spec_tags_override=True,
    )


def test_an_invalid_tag_is_rejected() -> None:
    with pytest.raises(ValidationError, match="AWS reserves keys"):
        StackOptions.model_validate({"resource_tags": "aws:team=vision"})
