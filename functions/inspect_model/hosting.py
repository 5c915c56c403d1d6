"""Where and how a model is to be served: the spec's wishes over the template's defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.deploy_spec import DEFAULT_MODEL_VARIABLE
from model_packager.triton_image import image_uri, is_gpu_instance
from workflow.contracts import Hosting

if TYPE_CHECKING:
    from model_packager.inspection import Inspection
    from workflow.settings import InspectModelSettings


def hosting(model: str, found: Inspection, settings: InspectModelSettings) -> Hosting:
    """Resolve the container and the instances.

    Raises:
        SpecRejected: AWS has no Triton image for the region and release.
    """
    spec, gpu = found.spec, is_gpu_instance(found.instance_type)
    return Hosting(
        image=image_uri(settings.aws_region, settings.triton_release, gpu=gpu),
        instance_type=found.instance_type,
        instance_count=spec.endpoint.instance_count or settings.instance_count,
        # The container's `serve` exits where several models and no default are given, and answers
        # no request without it (triton-inference-server/server docker/sagemaker/serve).
        environment=spec.container.environment
        | {DEFAULT_MODEL_VARIABLE: found.default_model or model},
        model_download_timeout_seconds=spec.endpoint.model_download_timeout_seconds,
        startup_timeout_seconds=spec.endpoint.startup_timeout_seconds,
    )
