"""The parameters of a stack that affect a drop."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modeldrop.errors import UsageError
from modeldrop.stack.template import parameter_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_packager.sagemaker.hosting_resolution import StackDefaults


@dataclass(frozen=True)
class StackParameters:
    """The parameters of a stack in a Region such as "us-east-1", by the template's names."""

    region: str
    values: Mapping[str, str]

    @classmethod
    def of(
        cls, template: Mapping[str, Any], region: str, overrides: Mapping[str, str]
    ) -> StackParameters:
        """Combine the parameters of the stack with the template's defaults."""
        defaults = parameter_defaults(template)
        return cls(region, {name: str(value) for name, value in defaults.items()} | {**overrides})

    @classmethod
    def of_samconfig(
        cls, template: Mapping[str, Any], region: str, overrides: Mapping[str, str]
    ) -> StackParameters:
        """Combine parameters that CloudFormation has not checked yet with the template's defaults.

        Raises:
            UsageError: the template does not allow a value.
        """
        for name, value in overrides.items():
            fix = _correction(value, template["Parameters"].get(name, {}))
            if fix is not None:
                cause = f"The template does not allow {name}={value:.100} in samconfig.toml."
                raise UsageError(cause, fix)
        return cls.of(template, region, overrides)

    @property
    def instance_type(self) -> str:
        """The default instance type."""
        return self.values["InstanceType"]

    @property
    def triton_release(self) -> str:
        """The default Triton release, such as "26.05"."""
        return self.values["TritonRelease"]

    def defaults(self, artifact_bucket: str = "", inference_topic_arn: str = "") -> StackDefaults:
        """Return the defaults for the hosting of a model. Limits and prices need no names."""
        # Imported here, because `status` and others do not need the spec.
        from pydantic.alias_generators import to_snake

        from model_packager.sagemaker.hosting_resolution import StackDefaults
        from model_packager.sagemaker.stack_options import StackOptions

        return StackDefaults(
            self.region,
            self.triton_release,
            int(self.values["InstanceCount"]),
            artifact_bucket,
            inference_topic_arn,
            options=StackOptions.model_validate(
                {to_snake(name): value for name, value in self.values.items()}
            ),
        )


def _correction(value: str, declared: Mapping[str, Any]) -> str | None:
    """Return the advice for a value that a parameter's declaration excludes; otherwise None.

    Source: CloudFormation user guide, "Parameters". All numbers of the template are whole numbers.
    """
    if "AllowedValues" in declared:
        allowed = [str(each) for each in declared["AllowedValues"]]
        return None if value in allowed else f"Use one of {', '.join(allowed)}."
    if declared.get("Type") == "Number":
        least, most = declared["MinValue"], declared.get("MaxValue", math.inf)
        if re.fullmatch(r"\d{1,9}", value) and least <= int(value) <= most:
            return None
        return f"Use a whole number from {least}{'' if most == math.inf else f' to {most}'}."
    is_list = declared.get("Type") == "CommaDelimitedList"
    items = [each.strip() for each in value.split(",")] if is_list else [value]
    pattern = declared.get("AllowedPattern", ".*")
    if all(re.fullmatch(pattern, each, re.DOTALL) for each in items):
        return None
    meaning = declared.get("ConstraintDescription") or declared["Description"]
    return f"Correct it. Its description: {meaning.removesuffix('.')}."
