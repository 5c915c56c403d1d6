"""A stack's parameters, as far as they decide what becomes of a drop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_snake

from model_packager.sagemaker.hosting import StackDefaults
from model_packager.sagemaker.stack_options import StackOptions
from modeldrop.stack.template import parameter_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class StackParameters:
    """The parameters of a stack in a region such as "us-east-1", by the template's names."""

    region: str
    values: Mapping[str, str]

    @classmethod
    def of(
        cls, template: Mapping[str, Any], region: str, given: Mapping[str, str]
    ) -> StackParameters:
        """Take what the stack was given; for the others the template's defaults hold."""
        defaults = parameter_defaults(template)
        return cls(region, {name: str(value) for name, value in defaults.items()} | {**given})

    @property
    def instance_type(self) -> str:
        """What an endpoint runs on where the spec does not say."""
        return self.values["InstanceType"]

    @property
    def triton_release(self) -> str:
        """Such as "26.05": of the container where the spec does not say."""
        return self.values["TritonRelease"]

    def defaults(self, artifact_bucket: str) -> StackDefaults:
        """Give what `resolve_hosting` wants to know of the stack."""
        return StackDefaults(
            self.region,
            self.triton_release,
            int(self.values["InstanceCount"]),
            artifact_bucket,
            options=StackOptions.model_validate(
                {to_snake(name): value for name, value in self.values.items()}
            ),
        )
