"""deploy.yaml: how to deploy a model. Every key is optional.

The description of each key is the source of docs/deploy.schema.json and docs/spec.md.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from model_packager.aws_limits import TAG_KEY
from model_packager.spec.base import SpecPart, on_or_off
from model_packager.spec.hosting_mode import HostingMode
from model_packager.spec.hosting_spec import Container, Endpoint, Packaging
from model_packager.spec.operation_spec import Autoscaling, Rollout
from model_packager.spec.resource_tags import MAX_TAGS, check_tag
from model_packager.spec.schedule import Schedule
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.spec.triton_spec import (
    DynamicBatching,
    InstanceGroup,
    InstanceKind,
    ModelWarmup,
    PytorchBackend,
    TensorSpec,
    VersionPolicy,
    warmup_from_switch,
)
from model_packager.spec.value_types import Whole
from model_packager.spec.yaml.document import Document, Path, Place, merged, read_document
from model_packager.spec.yaml.problems import invalid

NEXT_TO = "deploy.yaml next to the model"
INSIDE = "extra/deploy.yaml inside the model"

_NO_INSTANCES = "has no effect with hosting.mode serverless, which has no instances"
SERVERLESS_EXCLUDES = {
    "autoscaling": _NO_INSTANCES,
    "schedule": _NO_INSTANCES,
    "endpoint.instance_type": _NO_INSTANCES,
    "endpoint.instance_count": _NO_INSTANCES,
    "endpoint.fallback_instance_types": _NO_INSTANCES,
    "endpoint.inference_ami_version": _NO_INSTANCES,
    "endpoint.data_capture_percent": (
        "cannot be used with hosting.mode serverless, which captures no data"
    ),
    "smoke_test.load": (
        "cannot be used with hosting.mode serverless, which limits concurrent requests"
    ),
}
"""The keys that cannot be set with `hosting.mode: serverless`, and why."""

POOL_EXCLUDES = (
    "autoscaling",
    "schedule",
    "endpoint.fallback_instance_types",
    "endpoint.time_to_live_hours",
    "endpoint.data_capture_percent",
    "container.environment",
    "smoke_test.load",
)
"""The keys that cannot be set with `hosting.mode: pool`."""


class DeploySpec(SpecPart):
    """The content of deploy.yaml. Every key is optional."""

    max_batch_size: Annotated[Whole, Field(ge=0, le=65_536)] | None = Field(
        None,
        description="Largest batch, in items; 0: the model has no batch dimension. Default: "
        "derived from the model.",
    )
    inputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=256)] | None = Field(
        None, description="Inputs of the model. Default: the example inputs of the trace."
    )
    outputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=256)] | None = Field(
        None, description="Outputs of the model. Default: one for each tensor that forward returns."
    )
    dynamic_batching: Annotated[
        DynamicBatching | None,
        BeforeValidator(on_or_off, json_schema_input_type=bool | DynamicBatching | None),
    ] = Field(
        None, description="Triton's dynamic batcher. `true` selects its defaults. Default: off."
    )
    instance_group: InstanceGroup = Field(
        InstanceGroup(), description="Instances of the model in one container."
    )
    model_warmup: Annotated[
        ModelWarmup | None,
        BeforeValidator(warmup_from_switch, json_schema_input_type=bool | ModelWarmup | None),
    ] = Field(
        None,
        description="Requests that Triton sends to the model before it reports ready. `true` "
        "selects the defaults. Default: on if every input is a float.",
    )
    version_policy: VersionPolicy | None = Field(
        None, description="Versions that Triton serves. Default: the latest."
    )
    pytorch_backend: PytorchBackend = Field(
        PytorchBackend(), description="Parameters of Triton's PyTorch backend."
    )
    package: Packaging = Field(
        Packaging.UNCOMPRESSED,
        description="How SageMaker gets the model: `uncompressed`, as objects copied within S3, or "
        "as a `tar.gz` archive, which takes longer to build and to start. Uploaded archives stay "
        "archives.",
    )
    hosting: HostingMode = Field(
        HostingMode(), description="How clients call the endpoint, and when its instances run."
    )
    endpoint: Endpoint = Field(Endpoint(), description="The SageMaker endpoint.")
    rollout: Rollout = Field(Rollout(), description="How a new version goes live.")
    autoscaling: Autoscaling | None = Field(
        None, description="Number of instances by request rate. Default: a fixed number."
    )
    schedule: Schedule | None = Field(
        None, description="When the model sleeps, without an endpoint. Default: never."
    )
    container: Container = Field(
        Container(), description="Environment and network of the Triton container."
    )
    move_from: Annotated[str, Field(min_length=1, max_length=1024)] | None = Field(
        None,
        description="Folder in the drop bucket from which the model moves to this one, such as "
        "teams/vision/resnet. Its model file must be deleted first.",
    )
    tags: dict[str, str] = Field(
        default_factory=dict,
        description="Tags of the model's SageMaker resources. The stack's tags override them, "
        "key by key, unless the stack has `SpecTagsOverride=true`.",
        json_schema_extra={
            "maxProperties": MAX_TAGS,
            "propertyNames": {"maxLength": TAG_KEY.value, "pattern": "^(?!aws:|modeldrop:)."},
        },
    )
    smoke_test: SmokeTest = Field(
        SmokeTest(), description="Requests that a new endpoint must pass."
    )

    @field_validator("inputs", "outputs", mode="after")
    @classmethod
    def _names_differ(cls, tensors: tuple[TensorSpec, ...] | None) -> tuple[TensorSpec, ...] | None:
        names = [tensor.name for tensor in tensors or ()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"should name each tensor once, but {twice[0]!r} occurs twice")
        return tensors

    @field_validator("tags", mode="after")
    @classmethod
    def _tags_are_valid(cls, tags: dict[str, str]) -> dict[str, str]:
        if len(tags) > MAX_TAGS:
            raise ValueError(f"should have at most {MAX_TAGS} entries")
        for key, value in tags.items():
            check_tag(key, value)
        return tags

    @model_validator(mode="before")
    @classmethod
    def _some_modes_take_archives(cls, data: Any) -> Any:
        """Choose archives for serverless endpoints and pools, which accept no uncompressed models.

        Source: ContainerDefinition API reference, ModelDataSource.
        """
        if not isinstance(data, dict) or not isinstance(data.get("hosting"), dict):
            return data
        if data["hosting"].get("mode") in ("serverless", "pool"):
            return {"package": Packaging.TAR_GZ} | data
        return data

    @model_validator(mode="after")
    def _serverless_agrees(self) -> Self:
        """Reject settings that serverless endpoints exclude.

        Sources: SageMaker developer guide, "Deploy models with Amazon SageMaker Serverless
        Inference" (feature exclusions) and "Deployment guardrails" (only asynchronous and real-time
        endpoints).
        """
        if not self.hosting.is_serverless:
            return self
        for key, why in SERVERLESS_EXCLUDES.items():
            if attrgetter(key)(self):
                raise ValueError(f"{key} {why}; remove it")
        if self.instance_group.kind is InstanceKind.GPU:
            raise ValueError(
                "instance_group.kind needs a GPU, and hosting.mode serverless has none; remove it"
            )
        if self.rollout.strategy != "all_at_once" or self.rollout.termination_wait_seconds > 0:
            raise ValueError(
                "rollout can only be all_at_once with hosting.mode serverless: SageMaker has no "
                "deployment guardrails for it; remove it"
            )
        return self._require_archive()

    @model_validator(mode="after")
    def _pool_agrees(self) -> Self:
        """Reject settings that would change other models' endpoint or are not for pools."""
        if not self.hosting.is_pool:
            return self
        excluded = [key for key in POOL_EXCLUDES if attrgetter(key)(self)]
        if self.rollout.strategy != "all_at_once":
            excluded.append("rollout.strategy")
        if excluded:
            raise ValueError(
                f"{excluded[0]} cannot be used with hosting.mode pool, where other models have the "
                "same endpoint; remove it"
            )
        return self._require_archive()

    def _require_archive(self) -> Self:
        if self.package is not Packaging.TAR_GZ:
            raise ValueError(
                f"package must be tar.gz with hosting.mode {self.hosting.mode}, which takes no "
                "uncompressed model; remove it"
            )
        return self

    @model_validator(mode="after")
    def _hosting_mode_agrees(self) -> Self:
        if not self.hosting.is_async:
            return self
        if self.autoscaling is not None:
            raise ValueError(
                "autoscaling counts real-time requests; with hosting.mode async, set "
                "hosting.min_instances, max_instances and backlog_per_instance instead"
            )
        if self.endpoint.data_capture_percent:
            raise ValueError(
                "endpoint.data_capture_percent has no effect with hosting.mode async, whose inputs "
                "and outputs are in S3 already; remove it"
            )
        if self.smoke_test.load is not None:
            raise ValueError(
                "smoke_test.load measures requests that clients wait for; remove it with "
                "hosting.mode async"
            )
        count = self.endpoint.instance_count
        if count is not None and count > self.hosting.max_capacity:
            raise ValueError(
                f"endpoint.instance_count {count} should be at most hosting.max_instances "
                f"{self.hosting.max_capacity}"
            )
        return self

    @model_validator(mode="after")
    def _shadow_agrees(self) -> Self:
        """Reject a shadow test that SageMaker excludes, or that would show nothing.

        Source: SageMaker developer guide, "Shadow tests", page "Exclusions".
        """
        if self.rollout.strategy != "shadow":
            return self
        if self.hosting.is_async:
            raise ValueError(
                "rollout.strategy shadow cannot be used with hosting.mode async: SageMaker copies "
                "requests of real-time endpoints only; choose another strategy"
            )
        if not self.smoke_test.deterministic and self.rollout.min_agreement_percent > 0:
            raise ValueError(
                "rollout.strategy shadow compares responses, which differ by chance with "
                "smoke_test.deterministic false; set rollout.min_agreement_percent: 0 to compare "
                "only errors and latency"
            )
        return self

    @model_validator(mode="after")
    def _batching_agrees(self) -> Self:
        if self.dynamic_batching is None or self.max_batch_size is None:
            return self
        if self.max_batch_size < 2:
            raise ValueError(
                f"dynamic_batching needs a max_batch_size of 2 or more, not {self.max_batch_size}"
            )
        largest = max(self.dynamic_batching.preferred_batch_sizes, default=0)
        if largest > self.max_batch_size:
            raise ValueError(
                f"preferred_batch_sizes has {largest}, but max_batch_size is {self.max_batch_size}"
            )
        return self


@dataclass(frozen=True)
class ResolvedSpec:
    """A spec with the source position of its values.

    Attributes:
        places: the position of each key or list item in the text, by path.
    """

    spec: DeploySpec = field(default_factory=DeploySpec)
    places: Mapping[Path, Place] = field(default_factory=dict)


def parse_deploy_spec(text: str, *, origin: str) -> DeploySpec:
    """Read one deploy.yaml.

    Args:
        text: YAML 1.1. An empty text gives the defaults.
        origin: the text's name in messages, such as "deploy.yaml next to the model".

    Raises:
        SpecRejected: the text is invalid. The message has the origin, line, column, key and the
            closest known key.
    """
    return _validated(read_document(text, origin))


def resolve_spec(separate: str | None, inside: str | None) -> ResolvedSpec:
    """Merge the spec next to the model with the one inside it.

    Mappings merge key by key, and the spec next to the model takes precedence. Lists replace lists.

    Args:
        separate: the text of the deploy.yaml next to the model, or None.
        inside: the text of `extra/deploy.yaml` in the TorchScript archive, or None.

    Raises:
        SpecRejected: one of them is invalid, or they contradict each other.
    """
    documents = [
        read_document(text, origin)
        for text, origin in ((inside, INSIDE), (separate, NEXT_TO))
        if text is not None
    ]
    if not documents:
        return ResolvedSpec()
    # Each may be incomplete without the other, so only the merged document is validated.
    document = functools.reduce(merged, documents)
    return ResolvedSpec(_validated(document), document.places)


def _validated(document: Document) -> DeploySpec:
    try:
        return DeploySpec.model_validate(document.content)
    except ValidationError as error:
        raise invalid(document, error, DeploySpec) from error
