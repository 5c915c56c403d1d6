"""Parameters in samconfig.toml, which CloudFormation has not checked yet."""

from __future__ import annotations

import pytest

from modeldrop.errors import UsageError
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.template import parameter_defaults, read_parameters

TEMPLATE = read_parameters()


def test_defaults_of_the_template_are_allowed() -> None:
    defaults = {name: str(value) for name, value in parameter_defaults(TEMPLATE).items()}
    stack = StackParameters.of_samconfig(TEMPLATE, "us-east-1", defaults)
    assert stack.defaults().options.max_instances == int(defaults["MaxInstances"])


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("InstanceCount", "two", "Use a whole number from 1."),
        ("InstanceCount", "0", "Use a whole number from 1."),
        ("MaxInstances", "1001", "Use a whole number from 1 to 1000."),
        ("CpuTest", "on", "Use one of off, onnx."),
        ("LogRetentionDays", "2", "Use one of 1, 3, 5,"),
        ("TritonRelease", "1", "Correct it. Its description:"),
        (
            "AllowedInstanceTypes",
            "ml.c5.large,g5",
            "Correct it. Its description: instance types such as",
        ),
        ("HourlyPrices", "ml.c5.large", "Correct it. Its description:"),
        ("ResourceTags", "team", "Correct it. Its description:"),
    ],
)
def test_value_that_the_template_excludes_is_a_usage_error(name: str, value: str, fix: str) -> None:
    with pytest.raises(UsageError, match=f"does not allow {name}={value}") as refused:
        StackParameters.of_samconfig(TEMPLATE, "us-east-1", {name: value})
    assert refused.value.fix.startswith(fix)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AllowedInstanceTypes", "ml.c5.large, ml.g5.xlarge"),
        ("HourlyPrices", "ml.c5.large=0.102"),
        ("NotificationEmail", "ops@example.com"),
        ("OfAnotherTemplate", "x"),
    ],
)
def test_other_values_are_allowed(name: str, value: str) -> None:
    stack = StackParameters.of_samconfig(TEMPLATE, "us-east-1", {name: value})
    assert stack.values[name] == value
