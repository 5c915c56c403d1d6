"""The hosting of a model: the spec overrides the template's defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.sagemaker.hosting import Hosting
from model_packager.sagemaker.hosting_resolution import StackDefaults
from model_packager.sagemaker.stack_options import StackOptions
from workflow.step import logger

if TYPE_CHECKING:
    from model_packager.inspection import Inspection
    from workflow.settings import InspectModelSettings


def hosting(inspection: Inspection, settings: InspectModelSettings) -> Hosting:
    """Resolve the container and the instances, and log any notes.

    Raises:
        SpecRejected: AWS has no Triton image for the Region and release, the release does not run
            on the instance type, or the stack does not allow a setting of the spec.
    """
    stack = StackDefaults(
        settings.aws_region,
        settings.triton_release,
        instance_count=settings.instance_count,
        artifact_bucket=settings.artifact_bucket,
        inference_topic_arn=settings.inference_topic_arn,
        options=StackOptions.model_validate(settings.model_dump()),
    )
    resolved, notes = inspection.hosting(stack)
    for note in (*inspection.notes, *notes):
        logger.info(note)
    return resolved
