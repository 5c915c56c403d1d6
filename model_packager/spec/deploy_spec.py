"""deploy.yaml: what its owner wishes for a model. Every key is optional.

What each key is for is said once, where it is: docs/deploy.schema.json and docs/spec.md are
written from it.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from model_packager.spec.base import SpecPart, on_or_off
from model_packager.spec.hosting_spec import Container, Endpoint, Packaging
from model_packager.spec.operation_spec import Autoscaling, Rollout
from model_packager.spec.resource_tags import MAX_TAGS, check_tag
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.spec.triton_spec import (
    DynamicBatching,
    InstanceGroup,
    ModelWarmup,
    PytorchBackend,
    TensorSpec,
    VersionPolicy,
    warm_or_not,
)
from model_packager.spec.value_types import Whole
from model_packager.spec.yaml_document import Document, Path, Place, invalid, joined, read_document

BESIDE = "deploy.yaml beside the model"
INSIDE = "extra/deploy.yaml inside the model"


class DeploySpec(SpecPart):
    """The whole of deploy.yaml. Every key is optional."""

    max_batch_size: Annotated[Whole, Field(ge=0, le=65_536)] | None = Field(
        None,
        description="The most items that one request may hold; 0: the model has no batch "
        "dimension. Default: found out from the model.",
    )
    inputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=256)] | None = Field(
        None, description="What forward takes. Default: what the model was traced with."
    )
    outputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=256)] | None = Field(
        None, description="What forward returns. Default: as many tensors as it returns."
    )
    dynamic_batching: Annotated[
        DynamicBatching | None,
        BeforeValidator(on_or_off, json_schema_input_type=bool | DynamicBatching | None),
    ] = Field(
        None, description="Triton's dynamic batcher. `true` stands for its defaults. Default: off."
    )
    instance_group: InstanceGroup = Field(
        InstanceGroup(), description="Copies of the model in one container."
    )
    model_warmup: Annotated[
        ModelWarmup | None,
        BeforeValidator(warm_or_not, json_schema_input_type=bool | ModelWarmup | None),
    ] = Field(
        None,
        description="Requests that Triton answers itself before it says that it is ready. `true` "
        "stands for its defaults. Default: on where every input is a float.",
    )
    version_policy: VersionPolicy | None = Field(
        None, description="Which versions Triton serves. Default: the latest."
    )
    pytorch_backend: PytorchBackend = Field(
        PytorchBackend(), description="Parameters of Triton's PyTorch backend."
    )
    package: Packaging = Field(
        Packaging.UNCOMPRESSED,
        description="How the model goes to SageMaker: `uncompressed`, copied within S3, or as an "
        "archive, `tar.gz`, which takes longer to make and to start from. Archives that are "
        "dropped stay archives.",
    )
    endpoint: Endpoint = Field(Endpoint(), description="The SageMaker endpoint.")
    rollout: Rollout = Field(Rollout(), description="How a new version goes live.")
    autoscaling: Autoscaling | None = Field(
        None, description="How many instances serve, by the requests that arrive. Default: fixed."
    )
    container: Container = Field(Container(), description="What the container is told.")
    tags: dict[str, str] = Field(
        default_factory=dict,
        description="Of the model's SageMaker resources; they win over those of the stack's "
        "parameter, key by key.",
        json_schema_extra={
            "maxProperties": MAX_TAGS,
            "propertyNames": {"maxLength": 128, "pattern": "^(?!aws:|modeldrop:)."},
        },
    )
    smoke_test: SmokeTest = Field(
        SmokeTest(), description="The requests that a new endpoint has to answer well."
    )

    @field_validator("inputs", "outputs", mode="after")
    @classmethod
    def _names_differ(cls, tensors: tuple[TensorSpec, ...] | None) -> tuple[TensorSpec, ...] | None:
        names = [tensor.name for tensor in tensors or ()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"should name each tensor once; {twice[0]!r} is there twice")
        return tensors

    @field_validator("tags", mode="after")
    @classmethod
    def _tags_are_taken(cls, tags: dict[str, str]) -> dict[str, str]:
        if len(tags) > MAX_TAGS:
            raise ValueError(f"should have at most {MAX_TAGS} entries")
        for key, value in tags.items():
            check_tag(key, value)
        return tags

    @model_validator(mode="after")
    def _batching_agrees(self) -> Self:
        if self.dynamic_batching is None or self.max_batch_size is None:
            return self
        if self.max_batch_size < 2:
            raise ValueError(
                f"dynamic_batching needs max_batch_size 2 or more, and it is {self.max_batch_size}"
            )
        largest = max(self.dynamic_batching.preferred_batch_sizes, default=0)
        if largest > self.max_batch_size:
            raise ValueError(
                f"preferred_batch_sizes has {largest}, and max_batch_size is {self.max_batch_size}"
            )
        return self


@dataclass(frozen=True)
class ResolvedSpec:
    """A spec, and where in which text its values stand.

    Attributes:
        places: of each key or list item that was written, by its path.
    """

    spec: DeploySpec = field(default_factory=DeploySpec)
    places: Mapping[Path, Place] = field(default_factory=dict)


def parse_deploy_spec(text: str, *, origin: str) -> DeploySpec:
    """Read one deploy.yaml.

    Args:
        text: YAML 1.1; an empty text is a spec of defaults.
        origin: what to call the text in messages, such as "deploy.yaml beside the model".

    Raises:
        SpecRejected: names origin, line, column and key, and the nearest known key.
    """
    return _validated(read_document(text, origin))


def resolve_spec(beside: str | None, inside: str | None) -> ResolvedSpec:
    """Join the spec beside the model with the one inside it.

    Mappings are joined key by key, and the one beside wins; lists replace lists.

    Args:
        beside: text of the deploy.yaml beside the model, None where there is none.
        inside: text of `extra/deploy.yaml` in the TorchScript archive, None where there is none.

    Raises:
        SpecRejected: one of them is wrong, or the two contradict each other.
    """
    documents = [
        read_document(text, origin)
        for text, origin in ((inside, INSIDE), (beside, BESIDE))
        if text is not None
    ]
    if not documents:
        return ResolvedSpec()
    # Each alone may lack what the other says, so they are checked together.
    document = functools.reduce(joined, documents)
    return ResolvedSpec(_validated(document), document.places)


def _validated(document: Document) -> DeploySpec:
    try:
        return DeploySpec.model_validate(document.content)
    except ValidationError as error:
        raise invalid(document, error, DeploySpec) from error
