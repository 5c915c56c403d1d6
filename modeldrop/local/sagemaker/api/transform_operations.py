"""The operations on transform jobs, with SageMaker's checks.

AWS documents the limits, but not most error messages. The messages here are ours, except where a
source is given.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.aws_limits import TRANSFORM_INSTANCES, TRANSFORM_PAYLOAD_MB
from model_packager.sagemaker.instance_facts import instance_facts
from modeldrop.local.sagemaker.api.listing import list_response
from modeldrop.local.sagemaker.errors import (
    invalid,
    job_not_found,
    no_input_objects,
    no_job_to_stop,
    not_supported,
)
from modeldrop.local.sagemaker.execution_role import RoleNotAssumable
from modeldrop.local.sagemaker.hosting.artifact import is_multi_model, split_s3_url
from modeldrop.local.sagemaker.service import Service
from modeldrop.local.sagemaker.transform.job import DEFAULT_PAYLOAD_MB

_AMI_VERSIONS = ("al2-ami-sagemaker-batch-gpu-470", "al2-ami-sagemaker-batch-gpu-535")
"""The AMI versions of TransformResources (API reference); both have NVIDIA drivers."""

_NO_PROCESSING = {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
"""The defaults of DataProcessing, which change nothing."""


def create_transform_job(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Start a transform job, after checking its model, its limits and its input."""
    model = service.registry.get("model", request["ModelName"]).request
    _check_model(model.get("PrimaryContainer") or model["Containers"][0])
    _check_supported(request)
    _check_payload(request)
    _check_resources(request["TransformResources"])
    _require_input(service, request, model.get("ExecutionRoleArn", ""))
    job = service.transform_jobs.create(request, model)
    return {"TransformJobArn": job.arn}


def describe_transform_job(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    job = service.transform_jobs.find(request["TransformJobName"])
    if job is None:
        raise job_not_found(request["TransformJobName"])
    with service.transform_jobs.lock:
        return job.description()


def stop_transform_job(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Start stopping a transform job."""
    job = service.transform_jobs.find(request["TransformJobName"])
    if job is None:
        raise no_job_to_stop(request["TransformJobName"])
    service.transform_jobs.stop(job)
    return {}


def list_transform_jobs(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    shown = ("TransformJobArn", "TransformJobStatus", "FailureReason", "CreationTime")
    with service.transform_jobs.lock:
        return list_response(
            service.transform_jobs.all(),
            request,
            summary=lambda job: {
                "TransformJobName": job.name,
                "LastModifiedTime": job.modified,
                **{
                    name: value
                    for name, value in job.description().items()
                    if name in {*shown, "TransformEndTime"}
                },
            },
            member="TransformJobSummaries",
            name="TransformJobName",
            status="TransformJobStatus",
        )


def _check_model(container: dict[str, Any]) -> None:
    """Reject models that batch transform does not support.

    Source of the message about ModelDataSource: aws/sagemaker-python-sdk#4777.
    """
    if "ModelDataSource" in container:
        raise invalid(
            "SageMaker Batch currently doesn't support Model entity with container definitions "
            "which use ModelDataSource attribute."
        )
    if is_multi_model(container):
        raise invalid("Batch transform does not support containers with Mode MultiModel.")


def _check_supported(request: dict[str, Any]) -> None:
    source = request["TransformInput"]
    data_type = source["DataSource"]["S3DataSource"]["S3DataType"]
    if data_type == "AugmentedManifestFile":
        # "The following value is not compatible: AugmentedManifestFile" (S3DataType).
        raise invalid("S3DataType AugmentedManifestFile is not compatible with batch transform.")
    if data_type not in {"S3Prefix", "ManifestFile"}:
        raise not_supported(f"S3DataType {data_type}")
    if source.get("SplitType", "None") not in {"None", "Line"}:
        raise not_supported(f"SplitType {source['SplitType']}")
    if source.get("CompressionType", "None") != "None":
        raise not_supported(f"CompressionType {source['CompressionType']}")
    for member in ("DataCaptureConfig", "ExperimentConfig"):
        if member in request:
            raise not_supported(f"{member} of a transform job")
    processing = request.get("DataProcessing", {})
    if {**_NO_PROCESSING, **processing} != _NO_PROCESSING:
        raise not_supported("DataProcessing")


def _check_payload(request: dict[str, Any]) -> None:
    """Check the sizes of requests (MaxPayloadInMB and MaxConcurrentTransforms, API reference)."""
    payload = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
    concurrency = request.get("MaxConcurrentTransforms", 0)
    most = TRANSFORM_PAYLOAD_MB.value
    if payload > most:
        raise invalid(f"MaxPayloadInMB is {payload}; the maximum is {most}.")
    if payload * concurrency > most:
        raise invalid(
            f"MaxConcurrentTransforms * MaxPayloadInMB is {concurrency} * {payload}; the maximum "
            f"is {most}."
        )
    if not payload and request["TransformInput"].get("SplitType", "None") != "None":
        raise not_supported("MaxPayloadInMB 0 with SplitType Line")


def _check_resources(resources: dict[str, Any]) -> None:
    if resources["InstanceCount"] > TRANSFORM_INSTANCES.value:
        raise invalid(
            f"InstanceCount is {resources['InstanceCount']}; the maximum is "
            f"{TRANSFORM_INSTANCES.value}."
        )
    facts = instance_facts(resources["InstanceType"])
    image = resources.get("TransformAmiVersion")
    if image is not None:
        if image not in _AMI_VERSIONS:
            known = ", ".join(_AMI_VERSIONS)
            raise invalid(f"TransformAmiVersion {image} does not exist. There are: {known}.")
        if facts is not None and not facts.gpus:
            raise invalid(f"TransformAmiVersion {image} is for GPUs.")
    if "VolumeKmsKeyId" in resources and facts is not None and facts.local_storage:
        # "You can't request a VolumeKmsKeyId when using an instance type with local storage."
        raise invalid(
            f"VolumeKmsKeyId is not supported for {resources['InstanceType']}, which has local "
            "storage."
        )


def _require_input(service: Service, request: dict[str, Any], role_arn: str) -> None:
    """Require that the execution role can list the input; AWS checks it when a job is created."""
    url = request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    bucket, prefix = split_s3_url(url)
    try:
        s3 = service.roles.clients(role_arn).s3
        if s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"]:
            return
    except (BotoCoreError, ClientError, RoleNotAssumable):
        pass  # AWS has the same message for both errors
    raise no_input_objects(url, bucket, role_arn, service.registry.region)
