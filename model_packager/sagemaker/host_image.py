"""The host image, with its NVIDIA driver, that an instance needs for a Triton release.

A container whose CUDA is newer than the host's driver fails, or hangs in Creating without a log
(aws/deep-learning-containers#4990, #6187). Sources, read in November 2026:

- the CUDA version of a release: NVIDIA's Triton release notes. CUDA 13 since 25.08, CUDA 12 before.
- the oldest driver for each: CUDA Compatibility, "Minor Version Compatibility", table 1.
- the driver that SageMaker uses by default: SageMaker developer guide, "Best practices to minimize
  interruptions during GPU driver upgrades". For a family that it does not name, such as g6e, g7e
  or p6, the driver counts as too old for CUDA 13: SageMaker never overrides the image by itself.
- the host images and their drivers: ProductionVariant API reference, InferenceAmiVersion. For CUDA
  12 the newest of AL2, for CUDA 13 that of AL2023, as AWS's tests of its own containers take them
  (aws/deep-learning-containers, INFERENCE_AMI_VERSION_CU12 and _CU13): a CUDA 12 container on the
  CUDA 13 image hung in Creating (#6187).
"""

from dataclasses import dataclass

from model_packager.model_warnings import ModelWarning, WarningCode
from model_packager.rejection import SpecRejected
from model_packager.spec.hosting_spec import InferenceAmiVersion

FIRST_RELEASE_ON_CUDA_13 = "25.08"
FIRST_RELEASE_WITHOUT_OLD_GPUS = "25.03"
"""Needs compute capability 7.5 or later (Triton release notes, "GPU Requirements")."""

_OLDEST_DRIVER = {12: 525, 13: 580}
_IMAGE = {12: InferenceAmiVersion.AL2_GPU_3_1, 13: InferenceAmiVersion.AL2023_GPU_4_1}
_DEFAULT_DRIVER = {
    "g4dn": 470,
    "g5": 470,
    "p4d": 470,
    "p4de": 470,
    "p5": 535,
    "g6": 535,
    "p5e": 550,
    "p5en": 550,
}
_OLD_GPUS = {"p2": "K80 (compute capability 3.7)", "p3": "V100 (compute capability 7.0)"}


@dataclass(frozen=True)
class HostImage:
    """The host image to request from SageMaker.

    Attributes:
        version: InferenceAmiVersion of the production variant; None for SageMaker's default.
        warning: a warning about the driver; None if the table or the spec determines it.
    """

    version: str | None
    warning: ModelWarning | None = None


def host_image(
    instance_type: str, release: str, *, gpu: bool, requested: InferenceAmiVersion | None
) -> HostImage:
    """Choose the host image.

    Args:
        instance_type: the instance type, such as "ml.g4dn.xlarge".
        release: the Triton release, such as "26.05".
        gpu: whether the type has GPUs. Without GPUs, no driver is needed.
        requested: the value from the spec, which takes precedence.

    Raises:
        SpecRejected: the release does not run on the type's GPUs.
    """
    family = instance_type.split(".")[1]
    if family in _OLD_GPUS and release >= FIRST_RELEASE_WITHOUT_OLD_GPUS:
        raise SpecRejected(
            f"Triton {release} does not run on the GPUs of {instance_type}: "
            f"{_OLD_GPUS[family]}, and it needs 7.5 or later.",
            "Use a newer type in deploy.yaml (endpoint.instance_type, such as ml.g4dn.xlarge); "
            "then upload deploy.yaml.",
        )
    if requested is not None:
        return HostImage(None if requested is InferenceAmiVersion.DEFAULT else requested.value)
    if not gpu:
        return HostImage(None)
    cuda = 13 if release >= FIRST_RELEASE_ON_CUDA_13 else 12
    driver = _DEFAULT_DRIVER.get(family)
    if driver is None:
        return _for_unknown_driver(family, release, cuda)
    return HostImage(None if driver >= _OLDEST_DRIVER[cuda] else _IMAGE[cuda].value)


def _for_unknown_driver(family: str, release: str, cuda: int) -> HostImage:
    image = _IMAGE[cuda].value
    cause = (
        f"Triton {release} is built on CUDA {cuda} and needs the NVIDIA driver "
        f"{_OLDEST_DRIVER[cuda]} or later, but AWS does not document the default driver of "
        f"ml.{family}."
    )
    if cuda == max(_IMAGE):
        version = image
        cause = f"{cause} The endpoint gets the host image {image}, which has that driver."
        fix = (
            "If SageMaker rejects that image, or if the container does not start, set "
            "endpoint.inference_ami_version to default in deploy.yaml."
        )
    else:
        version = None
        fix = (
            "If the container does not start, set endpoint.inference_ami_version to "
            f"{image} in deploy.yaml."
        )
    return HostImage(version, ModelWarning(code=WarningCode.HOST_IMAGE, cause=cause, fix=fix))
