"""Batch transform: limits, the instance type, the container, and the request of a transform job.

Pure. Sources: CreateTransformJob API reference; SageMaker developer guide, "Use Batch Transform to
Get Inferences from Large Datasets".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from model_packager.aws_limits import TRANSFORM_PAYLOAD_MB
from model_packager.golden_sample import PICTURE_SUFFIXES
from model_packager.rejection import SpecRejected
from model_packager.sagemaker.cost_limits import CostLimits
from model_packager.sagemaker.host_image import FIRST_RELEASE_ON_CUDA_13
from model_packager.sagemaker.hosting import Hosting, volume_key
from model_packager.sagemaker.requests import Request, Tag, requested_tags
from model_packager.sagemaker.triton_image import image_for, is_gpu_instance, release_of
from model_packager.spec.hosting_spec import DEFAULT_MODEL_VARIABLE

BATCH_SUFFIXES = (*PICTURE_SUFFIXES, ".npy", ".npz", ".json", ".jsonl")
"""The file names of inputs that a batch job reads."""

MAX_FILES = 10_000
MAX_BYTES = 20 * 1024**3
"""The limit for all inputs of a job."""

FILE_BYTES = 64 * 1024**2
"""The limit for one input, which a function has in memory as numbers and as requests."""

FILE_REQUESTS = 10_000
"""The limit for one input: the lines of a .jsonl file, or the batches of an array's rows."""

MAX_REQUESTS = 100_000
"""The limit for the requests of a job."""

REQUEST_BYTES = TRANSFORM_PAYLOAD_MB.value * 1024**2 - 1
"""The limit for one request. `payload_of` rounds it up to whole mebibytes."""

SHARED_MEMORY_BYTES = 32 * 1024**2
"""The limit for the concurrent requests of a Python backend.

Containers get 64 MiB of /dev/shm by default (Docker documentation, `docker run --shm-size`), and
batch transform has no option for more. The backend keeps the inputs and the outputs there
(triton-inference-server/server#5869).
"""

_MIB = 1024**2
_SHM_DEFAULT = "SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE"
_SHM_GROWTH = "SAGEMAKER_TRITON_SHM_GROWTH_BYTE_SIZE"

_GPU_AMI = "al2-ami-sagemaker-batch-gpu-535"
"""The newest driver of batch hosts (TransformResources API reference, TransformAmiVersion)."""

_MAX_CONCURRENT = 8
_INVOCATION_SECONDS = 600
_INVOCATION_RETRIES = 1


@dataclass(frozen=True)
class Instances:
    """The instances of transform jobs, from the stack's parameters."""

    instance_type: str
    count: int


def batch_hosting(
    hosting: Hosting,
    model: str,
    config_pbtxt: str,
    *,
    default: Instances,
    limits: CostLimits,
    supported: Collection[str],
) -> Hosting:
    """Return the instances, image and environment of a version's transform job.

    A version on a CPU type that batch transform supports keeps this type, on which it was tested.
    Other versions get the stack's type for batch jobs.

    Args:
        hosting: the version's hosting.
        model: the name of the model.
        config_pbtxt: the version's config.pbtxt.
        default: the stack's instances for batch jobs.
        limits: the stack's limits.
        supported: the instance types of batch transform (TransformInstanceType).

    Raises:
        SpecRejected: the instances cannot run the version, or the stack does not allow them.
    """
    instance_type = default.instance_type
    if hosting.serverless is None and hosting.instance_type in supported:
        tested = hosting.instance_type
        if not is_gpu_instance(tested) and _is_allowed(tested, limits):
            instance_type = tested
    _check(instance_type, default.count, limits, supported)
    gpu = is_gpu_instance(instance_type)
    _check_hardware(instance_type, release_of(hosting.image), config_pbtxt, gpu=gpu)
    return hosting.model_copy(
        update={
            "image": image_for(hosting.image, gpu=gpu),
            "instance_type": instance_type,
            "instance_count": default.count,
            "environment": _environment(hosting, model),
            "inference_ami_version": _GPU_AMI if gpu else None,
            "serverless": None,
            "async_inference": None,
            "pool": None,
            "data_capture": None,
            # Only serverless containers cannot be isolated.
            "network_isolation": hosting.network_isolation or hosting.serverless is not None,
        }
    )


def _is_allowed(instance_type: str, limits: CostLimits) -> bool:
    allowed = limits.allowed_instance_types
    return allowed is None or instance_type in allowed


def _check(instance_type: str, count: int, limits: CostLimits, supported: Collection[str]) -> None:
    if instance_type not in supported:
        raise SpecRejected(
            f"Batch transform has no instance type {instance_type}.",
            "Deploy the stack with another BatchInstanceType, such as ml.m5.xlarge.",
        )
    if not _is_allowed(instance_type, limits):
        raise SpecRejected(
            f"The stack does not allow the instance type {instance_type} (BatchInstanceType).",
            "Deploy the stack with this type in AllowedInstanceTypes, or with another "
            "BatchInstanceType.",
        )
    most = limits.max_instances
    if most is not None and count > most:
        raise SpecRejected(
            f"MaxInstances of the stack is {most}, but BatchInstanceCount is {count}.",
            "Deploy the stack with a smaller BatchInstanceCount or a larger MaxInstances.",
        )


def _check_hardware(instance_type: str, release: str, config: str, *, gpu: bool) -> None:
    """Reject hardware on which the version cannot start.

    Batch transform hosts have NVIDIA drivers up to 535, and CUDA 13 needs 580 (see host_image).
    """
    if gpu and release >= FIRST_RELEASE_ON_CUDA_13:
        raise SpecRejected(
            f"The GPUs of batch transform ({instance_type}) have NVIDIA driver 535. Triton "
            f"{release} is built on CUDA 13 and needs 580.",
            "Deploy the stack with a CPU type as BatchInstanceType. Or deploy it with a "
            f"TritonRelease before {FIRST_RELEASE_ON_CUDA_13}, then upload the model again.",
        )
    if not gpu and ("KIND_GPU" in config or "tensorrt_plan" in config):
        raise SpecRejected(
            f"The model needs a GPU, and batch jobs of this stack run on {instance_type}.",
            "Deploy the stack with a GPU type as BatchInstanceType, such as ml.g4dn.xlarge, and a "
            f"TritonRelease before {FIRST_RELEASE_ON_CUDA_13}.",
        )


def _environment(hosting: Hosting, model: str) -> dict[str, str]:
    """Return the container's variables, with shared memory that starts small and grows.

    The default model of a dropped repository may have another name than the drop. A version in a
    pool has no default model.
    """
    added = {_SHM_DEFAULT: str(_MIB), _SHM_GROWTH: str(_MIB), DEFAULT_MODEL_VARIABLE: model}
    return added | hosting.environment


@dataclass(frozen=True)
class Payload:
    """The size of the largest request in `mebibytes`, and the concurrent requests per instance."""

    mebibytes: int
    concurrent: int


def payload_of(largest_bytes: int, config_pbtxt: str) -> Payload:
    """Return the limits for the requests of a job.

    MaxPayloadInMB times MaxConcurrentTransforms is at most 100 (CreateTransformJob API reference).

    Args:
        largest_bytes: the size of the largest request.
        config_pbtxt: the version's config.pbtxt; a Python backend has its requests in shared
            memory.

    Raises:
        SpecRejected: the requests do not fit into shared memory.
    """
    mebibytes = largest_bytes // _MIB + 1
    concurrent = min(_MAX_CONCURRENT, TRANSFORM_PAYLOAD_MB.value // mebibytes)
    if 'backend: "python"' in config_pbtxt:
        if largest_bytes > SHARED_MEMORY_BYTES:
            raise SpecRejected(
                f"The largest request has {largest_bytes:,} bytes. A Python model of a transform "
                f"job has room for {SHARED_MEMORY_BYTES:,} bytes in shared memory.",
                "Use smaller inputs, or set a smaller max_batch_size in deploy.yaml.",
            )
        concurrent = min(concurrent, SHARED_MEMORY_BYTES // max(largest_bytes, 1))
    return Payload(mebibytes, max(1, concurrent))


def transform_request(
    name: str,
    *,
    inputs_uri: str,
    outputs_uri: str,
    content_type: str,
    payload: Payload,
    hosting: Hosting,
    tags: Sequence[Tag],
) -> Request:
    """Return the parameters of CreateTransformJob: each object is one request."""
    resources: Request = {
        "InstanceType": hosting.instance_type,
        "InstanceCount": hosting.instance_count,
    }
    if hosting.inference_ami_version is not None:
        resources["TransformAmiVersion"] = hosting.inference_ami_version
    key = volume_key(hosting)
    if key is not None:
        resources["VolumeKmsKeyId"] = key
    output: Request = {"S3OutputPath": outputs_uri, "AssembleWith": "None"}
    if hosting.kms_key_arn is not None:
        output["KmsKeyId"] = hosting.kms_key_arn
    return {
        "TransformJobName": name,
        "ModelName": name,
        "BatchStrategy": "SingleRecord",
        "MaxConcurrentTransforms": payload.concurrent,
        "MaxPayloadInMB": payload.mebibytes,
        "ModelClientConfig": {
            "InvocationsTimeoutInSeconds": _INVOCATION_SECONDS,
            "InvocationsMaxRetries": _INVOCATION_RETRIES,
        },
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": inputs_uri}},
            "ContentType": content_type,
            "CompressionType": "None",
            "SplitType": "None",
        },
        "TransformOutput": output,
        "TransformResources": resources,
        "Tags": [*tags, *requested_tags(hosting)],
    }
