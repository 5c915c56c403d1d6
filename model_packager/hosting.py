"""Where and how SageMaker is to run a model: the spec's wishes over the stack's defaults."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from model_packager.deploy_spec import DEFAULT_MODEL_VARIABLE, DeploySpec
from model_packager.host_image import host_image
from model_packager.triton_image import image_uri, is_gpu_instance


class Hosting(BaseModel):
    """Where and how SageMaker is to run the container. Time-outs in seconds.

    Attributes:
        image: URI of the Triton image.
        inference_ami_version: of the host image; None: SageMaker's default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str
    instance_type: str
    instance_count: int
    environment: dict[str, str]
    model_download_timeout_seconds: int
    startup_timeout_seconds: int
    inference_ami_version: str | None = None


@dataclass(frozen=True)
class StackDefaults:
    """What holds where the spec says nothing: where the stack is, and its parameters."""

    region: str
    triton_release: str
    instance_count: int


def resolve_hosting(
    model: str, spec: DeploySpec, instance_type: str, stack: StackDefaults
) -> tuple[Hosting, tuple[str, ...]]:
    """Resolve the container and the instances, with what a person should know of them.

    Args:
        model: the name that Triton serves it under.
        spec: the spec.
        instance_type: of the endpoint, the spec's or the stack's.
        stack: its defaults.

    Raises:
        SpecRejected: AWS has no Triton image for the region and release, or the release does not
            run on the instance type.
    """
    gpu = is_gpu_instance(instance_type)
    host = host_image(
        instance_type, stack.triton_release, gpu=gpu, wished=spec.endpoint.inference_ami_version
    )
    hosting = Hosting(
        image=image_uri(stack.region, stack.triton_release, gpu=gpu),
        instance_type=instance_type,
        instance_count=spec.endpoint.instance_count or stack.instance_count,
        # The container's `serve` exits where several models and no default are given, and answers
        # no request without it (triton-inference-server/server docker/sagemaker/serve).
        environment=spec.container.environment | {DEFAULT_MODEL_VARIABLE: model},
        model_download_timeout_seconds=spec.endpoint.model_download_timeout_seconds,
        startup_timeout_seconds=spec.endpoint.startup_timeout_seconds,
        inference_ami_version=host.version,
    )
    return hosting, (host.note,) if host.note else ()
