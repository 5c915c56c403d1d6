"""The parameters of a stack that affect a drop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
