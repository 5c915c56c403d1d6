"""How a spec and the stack's defaults decide the hosting: the spec overrides."""

from dataclasses import dataclass

from model_packager.aws_limits import ENVIRONMENT_VALUE
from model_packager.names.request import ASYNC_FAILURES, ASYNC_OUTPUTS, capture_uri
from model_packager.rejection import SpecRejected
from model_packager.sagemaker.cost_limits import check_limits
from model_packager.sagemaker.host_image import HostImage, host_image
from model_packager.sagemaker.hosting import (
    AsyncInference,
    DataCapture,
    Hosting,
    Serverless,
    volume_key,
)
from model_packager.sagemaker.instance_fit import require_one_gpu
from model_packager.sagemaker.stack_options import StackOptions
from model_packager.sagemaker.triton_image import image_uri, is_gpu_instance
from model_packager.spec.container_environment import ARGUMENTS_VARIABLE
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_spec import DEFAULT_MODEL_VARIABLE, LOG_VERBOSE_VARIABLE
from model_packager.spec.resource_tags import MAX_TAGS


@dataclass(frozen=True)
class StackDefaults:
    """The defaults for the spec: the stack's Region and parameters."""

    region: str
    triton_release: str
    instance_count: int
    artifact_bucket: str
    inference_topic_arn: str
    options: StackOptions = StackOptions()  # noqa: RUF009  # frozen


def resolve_hosting(
    model: str,
    spec: DeploySpec,
    instance_type: str,
    stack: StackDefaults,
    *,
    called_models: tuple[str, ...] = (),
) -> tuple[Hosting, tuple[str, ...]]:
    """Resolve the container and the instances, with notes.

    Args:
        model: the model's name in Triton.
        spec: the spec.
        instance_type: the endpoint's instance type, from the spec or the stack.
        stack: the stack's defaults.
        called_models: other models of the repository, which the model's code calls.

    Raises:
        SpecRejected: AWS has no Triton image for the Region and release, the release does not run
            on the instance type, or the stack does not allow a setting of the spec.
    """
    options = stack.options
    count = _first_count(spec, stack)
    check_limits(spec, options, instance_type=instance_type, instance_count=count)
    if spec.hosting.is_pool and spec.endpoint.instance_type is not None:
        require_one_gpu(spec.endpoint.instance_type)  # otherwise a pool keeps its own type
    image, host = _images(spec, instance_type, stack.region, stack.triton_release)
    hosting = Hosting(
        image=image,
        instance_type=instance_type,
        instance_count=count,
        environment=container_environment(model, spec, called_models),
        model_download_timeout_seconds=spec.endpoint.model_download_timeout_seconds,
        startup_timeout_seconds=spec.endpoint.startup_timeout_seconds,
        inference_ami_version=host.version,
        subnet_ids=options.subnet_ids,
        security_group_ids=options.security_group_ids,
        network_isolation=_isolated(spec, options),
        kms_key_arn=options.kms_key_arn or None,
        data_capture=_data_capture(spec, stack),
        async_inference=_async_inference(spec, stack),
        serverless=_serverless(spec, options),
        pool=spec.hosting.pool,
        tags=_tags(spec.tags, options),
    )
    return hosting, (*_key_notes(hosting), *_tag_notes(spec.tags, hosting.tags))


def container_environment(
    model: str, spec: DeploySpec, called_models: tuple[str, ...] = ()
) -> dict[str, str]:
    """Return the variables for the container's `serve` script.

    `serve` exits if there are several models and no default. It loads only the default model and
    the steps of its ensemble. It turns on the verbose log, unless a variable turns it off: that log
    has lines for each request, for which CloudWatch bills (triton-inference-server/server,
    docker/sagemaker/serve).
    """
    quiet = {LOG_VERBOSE_VARIABLE: "false"}
    if spec.hosting.is_pool:  # its container has no default model
        _require_no_called_models(called_models)
        return quiet
    environment = quiet | spec.container.environment | {DEFAULT_MODEL_VARIABLE: model}
    if not called_models:
        return environment
    loads = [f"--load-model={each}" for each in called_models]
    arguments = " ".join([*environment.get(ARGUMENTS_VARIABLE, "").split(), *loads])
    if len(arguments.encode()) > ENVIRONMENT_VALUE.value:
        raise SpecRejected(
            f"The model's code calls {len(called_models)} other models. Their names do not fit "
            f"into {ARGUMENTS_VARIABLE}, which has at most {ENVIRONMENT_VALUE.value:,} characters.",
            "Give the models shorter names, or call fewer; then upload the repository again.",
        )
    return environment | {ARGUMENTS_VARIABLE: arguments}


def _require_no_called_models(called_models: tuple[str, ...]) -> None:
    """Reject code that calls other models, because a pool loads one model of an archive."""
    if called_models:
        raise SpecRejected(
            f"The model's code calls other models ({', '.join(called_models[:3])}), and a pool "
            "loads only one model of an archive.",
            "Set hosting.mode to real_time in deploy.yaml, or make it an ensemble.",
        )


def on_instance_type(
    hosting: Hosting, spec: DeploySpec, instance_type: str, *, region: str, release: str
) -> Hosting:
    """Return the hosting on another instance type. Raises the errors of `resolve_hosting`."""
    image, host = _images(spec, instance_type, region, release)
    return hosting.model_copy(
        update={
            "image": image,
            "instance_type": instance_type,
            "inference_ami_version": host.version,
        }
    )


def _images(
    spec: DeploySpec, instance_type: str, region: str, release: str
) -> tuple[str, HostImage]:
    """Return the container image and the host image."""
    gpu = is_gpu_instance(instance_type)
    requested = spec.endpoint.inference_ami_version
    host = host_image(instance_type, release, gpu=gpu, requested=requested)
    return image_uri(region, release, gpu=gpu), host


def _key_notes(hosting: Hosting) -> tuple[str, ...]:
    if hosting.serverless is not None or volume_key(hosting) == hosting.kms_key_arn:
        return ()
    return (
        f"{hosting.instance_type} has local storage, which its own hardware encrypts. "
        "A KMS key does not encrypt it.",
    )


def _serverless(spec: DeploySpec, options: StackOptions) -> Serverless | None:
    """Return the limits of a serverless endpoint, if the stack allows one.

    Sources: SageMaker developer guide, "Deploy models with Amazon SageMaker Serverless Inference"
    (feature exclusions: VPC configuration, network isolation).
    """
    mode = spec.hosting
    if not mode.is_serverless:
        return None
    if options.subnet_ids:
        raise SpecRejected(
            "hosting.mode is serverless in deploy.yaml, but the stack puts containers into a VPC "
            "(SubnetIds), which SageMaker cannot do for serverless endpoints.",
            "Choose another hosting.mode in deploy.yaml, then upload it.",
        )
    return Serverless(memory_mb=mode.memory_mb or 0, max_concurrency=mode.max_concurrency or 0)


def _isolated(spec: DeploySpec, options: StackOptions) -> bool:
    container = spec.container
    if spec.hosting.is_serverless:
        if not options.allow_network_access:
            raise SpecRejected(
                "hosting.mode is serverless in deploy.yaml. SageMaker cannot isolate such a "
                "container from the network, and the stack allows no network access.",
                "Choose another hosting.mode in deploy.yaml, or deploy the stack with "
                "AllowNetworkAccess=true; then upload the model again.",
            )
        return False
    # The stack's owner limits what a model's code may do. An uploader cannot lift the limit.
    if not container.network_isolation and not options.allow_network_access:
        raise SpecRejected(
            "container.network_isolation is false in deploy.yaml, but the stack allows no network "
            "access.",
            "Remove the key from deploy.yaml, or deploy the stack with AllowNetworkAccess=true; "
            "then upload the model again.",
        )
    return container.network_isolation


def _first_count(spec: DeploySpec, stack: StackDefaults) -> int:
    """Return the number of instances of a new version.

    An asynchronous endpoint starts with at least one, even if it may have none later:
    InitialInstanceCount is 1 or more (ProductionVariant API reference).
    """
    count, hosting = spec.endpoint.instance_count or stack.instance_count, spec.hosting
    if not hosting.is_async:
        return count
    return min(max(count, hosting.min_capacity, 1), hosting.max_capacity)


def _async_inference(spec: DeploySpec, stack: StackDefaults) -> AsyncInference | None:
    if not spec.hosting.is_async:
        return None
    bucket = f"s3://{stack.artifact_bucket}"
    return AsyncInference(
        output_uri=f"{bucket}/{ASYNC_OUTPUTS.rstrip('/')}",
        failure_uri=f"{bucket}/{ASYNC_FAILURES.rstrip('/')}",
        topic_arn=stack.inference_topic_arn,
        max_concurrent_invocations=spec.hosting.max_concurrent_invocations or 1,
    )


def _data_capture(spec: DeploySpec, stack: StackDefaults) -> DataCapture | None:
    """Return the data capture; None unless the endpoint is a real-time endpoint."""
    if spec.hosting.mode != "real_time":
        return None
    requested = spec.endpoint.data_capture_percent
    percent = stack.options.data_capture_percent if requested is None else requested
    return DataCapture(percent=percent, uri=capture_uri(stack.artifact_bucket)) if percent else None


def _tags(requested: dict[str, str], options: StackOptions) -> dict[str, str]:
    # The stack's owner sets tags for costs and policies (cost allocation, aws:ResourceTag).
    # An uploader cannot change them, unless the owner allows it.
    of_stack = options.resource_tags
    tags = of_stack | requested if options.spec_tags_override else requested | of_stack
    if len(tags) > MAX_TAGS:
        raise SpecRejected(
            f"deploy.yaml and the stack (ResourceTags) set {len(tags)} tags together. The maximum "
            f"is {MAX_TAGS}, in addition to Modeldrop's own.",
            "Remove tags from deploy.yaml or from the stack's parameter, then upload the model "
            "again.",
        )
    return tags


def _tag_notes(requested: dict[str, str], tags: dict[str, str]) -> tuple[str, ...]:
    overridden = [key for key, value in requested.items() if tags[key] != value]
    if not overridden:
        return ()
    return (
        f"The stack (ResourceTags) overrides these tags of deploy.yaml: {', '.join(overridden)}.",
    )
