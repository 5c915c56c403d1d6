"""The boto3 requests that create a model, an endpoint config and an endpoint.

Pure functions: the workflow sends the requests, `modeldrop plan` shows them. A test validates each
against botocore's service model.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from model_packager.aws_limits import INVOCATION_SECONDS
from model_packager.sagemaker.hosting import AsyncInference, DataCapture, Hosting, volume_key

INVOKE_TIMEOUT_SECONDS = INVOCATION_SECONDS.value + 5
"""A little longer than SageMaker's own timeout."""

VARIANT = "primary"
"""The variant's name. Deployment guardrails require the same in every version (developer guide)."""

Request = dict[str, Any]


MODEL_TAG = "modeldrop:model"
VERSION_TAG = "modeldrop:version"
EXECUTION_TAG = "modeldrop:execution"
POOL_TAG = "modeldrop:pool"
CONTENT_TAG = "modeldrop:content"
SEQUENCER_TAG = "modeldrop:sequencer"
PREVIOUS_TAG = "modeldrop:previous-config"
VERIFIED_TAG = "modeldrop:verified"
"""Only endpoint configs have the last four tags; see functions/workflow/versions/ownership.py."""


class Tag(TypedDict):
    """A tag in SageMaker's format."""

    Key: str
    Value: str


def origin_tags(model: str, version: str, execution_arn: str) -> list[Tag]:
    """Tag a resource with its model, its version and the execution that created it."""
    return [
        {"Key": MODEL_TAG, "Value": model},
        {"Key": VERSION_TAG, "Value": version},
        {"Key": EXECUTION_TAG, "Value": execution_arn},
    ]


def pool_tags(pool: str) -> list[Tag]:
    """Tag a resource of a pool, which belongs to no model."""
    return [{"Key": POOL_TAG, "Value": pool}]


def requested_tags(hosting: Hosting) -> list[Tag]:
    """Return the tags from the spec and the stack."""
    return [{"Key": key, "Value": value} for key, value in hosting.tags.items()]


def create_model_request(
    name: str, *, role_arn: str, artifact_uri: str, hosting: Hosting, tags: Sequence[Tag]
) -> Request:
    """Return the parameters of CreateModel: the Triton image on the artifact.

    For a pool, `artifact_uri` is the prefix of its archives.
    """
    request: Request = {
        "ModelName": name,
        "ExecutionRoleArn": role_arn,
        "PrimaryContainer": {
            "Image": hosting.image,
            **(_model_data(artifact_uri) if hosting.pool is None else _pool(artifact_uri)),
            "Environment": hosting.environment,
        },
        "Tags": [*tags, *requested_tags(hosting)],
        "EnableNetworkIsolation": hosting.network_isolation,
    }
    if hosting.subnet_ids:
        request["VpcConfig"] = {
            "Subnets": list(hosting.subnet_ids),
            "SecurityGroupIds": list(hosting.security_group_ids),
        }
    return request


def _model_data(uri: str) -> Request:
    """Return the source of /opt/ml/model: an archive, or plain objects under a prefix.

    A prefix ends in a slash (S3ModelDataSource API reference). The container's `serve` reads no
    other folder (triton-inference-server/server, docker/sagemaker/serve).
    """
    if not uri.endswith("/"):
        return {"ModelDataUrl": uri}
    source = {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}
    return {"ModelDataSource": {"S3DataSource": source}}


def _pool(uri: str) -> Request:
    """Return the source of a multi-model container: the prefix of its archives.

    SageMaker downloads and loads an archive with the first request that names it (SageMaker
    developer guide, "Multi-model endpoints").
    """
    return {"Mode": "MultiModel", "ModelDataUrl": uri}


def create_endpoint_config_request(name: str, *, hosting: Hosting, tags: Sequence[Tag]) -> Request:
    """Return the parameters of CreateEndpointConfig: a variant with the model of the same name."""
    variant: Request = {
        "VariantName": VARIANT,
        "ModelName": name,
        "InitialVariantWeight": 1.0,
    }
    if hosting.serverless is not None:
        variant["ServerlessConfig"] = {
            "MemorySizeInMB": hosting.serverless.memory_mb,
            "MaxConcurrency": hosting.serverless.max_concurrency,
        }
    else:
        variant |= {
            "InstanceType": hosting.instance_type,
            "InitialInstanceCount": hosting.instance_count,
            "ModelDataDownloadTimeoutInSeconds": hosting.model_download_timeout_seconds,
            "ContainerStartupHealthCheckTimeoutInSeconds": hosting.startup_timeout_seconds,
        }
    if hosting.inference_ami_version is not None:
        variant["InferenceAmiVersion"] = hosting.inference_ami_version
    request: Request = {
        "EndpointConfigName": name,
        "ProductionVariants": [variant],
        "Tags": [*tags, *requested_tags(hosting)],
    }
    key = volume_key(hosting)
    if key is not None:
        request["KmsKeyId"] = key
    if hosting.data_capture is not None:
        request["DataCaptureConfig"] = _data_capture(hosting.data_capture, hosting.kms_key_arn)
    if hosting.async_inference is not None:
        request["AsyncInferenceConfig"] = _async(hosting.async_inference, hosting.kms_key_arn)
    return request


SHADOW_VARIANT = "shadow"


def shadow_config_request(
    name: str,
    *,
    live: Mapping[str, Any],
    model: str,
    hosting: Hosting,
    sample_percent: int,
    capture_uri: str,
    tags: Sequence[Tag],
) -> Request:
    """Return the parameters of CreateEndpointConfig: the live version, and a shadow variant.

    The share of copied requests is assumed to be the ratio of the variants' weights (SageMaker
    developer guide, "Testing models with shadow variants"). All requests are captured, because
    SageMaker documents no way to capture a request together with its copy.

    Args:
        name: the name of the new config.
        live: the description of the live config.
        model: the SageMaker model of the new version.
        hosting: the hosting of the new version. The shadow variant has one instance.
        sample_percent: the share of the requests to copy.
        capture_uri: the S3 prefix of the captured requests and responses.
        tags: the tags of the new config.
    """
    one = hosting.model_copy(update={"instance_count": 1})
    [variant] = create_endpoint_config_request(model, hosting=one, tags=())["ProductionVariants"]
    weight = live["ProductionVariants"][0].get("InitialVariantWeight", 1.0)
    shadow = {
        "VariantName": SHADOW_VARIANT,
        "InitialVariantWeight": weight * sample_percent / 100,
    }
    request: Request = {
        "EndpointConfigName": name,
        "ProductionVariants": live["ProductionVariants"],
        "ShadowProductionVariants": [variant | shadow],
        "DataCaptureConfig": _data_capture(
            DataCapture(percent=100, uri=capture_uri), hosting.kms_key_arn
        ),
        "Tags": [*tags, *requested_tags(hosting)],
    }
    return request | ({"KmsKeyId": live["KmsKeyId"]} if "KmsKeyId" in live else {})


def create_endpoint_request(endpoint: str, *, config: str, tags: Sequence[Tag]) -> Request:
    """Return the parameters of CreateEndpoint."""
    return {"EndpointName": endpoint, "EndpointConfigName": config, "Tags": list(tags)}


def update_endpoint_request(
    endpoint: str, *, config: str, guardrails: Request | None = None, keep_count: bool = False
) -> Request:
    """Return the parameters of UpdateEndpoint, for an existing endpoint.

    Args:
        endpoint: the name of the endpoint.
        config: the name of the new endpoint config.
        guardrails: the result of `guardrails`; None to move all traffic at once.
        keep_count: whether to keep the number of instances that autoscaling chose, and ignore the
            initial count of the config.
    """
    request: Request = {"EndpointName": endpoint, "EndpointConfigName": config}
    if keep_count:
        request["RetainAllVariantProperties"] = True
        # Otherwise the endpoint would also keep the data capture of the old config (UpdateEndpoint
        # API reference, ExcludeRetainedVariantProperties).
        request["ExcludeRetainedVariantProperties"] = [{"VariantPropertyType": "DataCaptureConfig"}]
    return request if guardrails is None else request | {"DeploymentConfig": guardrails}


def _async(inference: AsyncInference, key: str | None) -> Request:
    topic = inference.topic_arn
    output: Request = {
        "S3OutputPath": inference.output_uri,
        "S3FailurePath": inference.failure_uri,
        "NotificationConfig": {"SuccessTopic": topic, "ErrorTopic": topic},
    }
    if key is not None:
        output["KmsKeyId"] = key
    limit = {"MaxConcurrentInvocationsPerInstance": inference.max_concurrent_invocations}
    return {"OutputConfig": output, "ClientConfig": limit}


def _data_capture(capture: DataCapture, key: str | None) -> Request:
    config: Request = {
        "EnableCapture": True,
        "InitialSamplingPercentage": capture.percent,
        "DestinationS3Uri": capture.uri,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        # Other content types are captured as base64, which Triton's binary protocol needs. The
        # pattern would not allow the "+" and ";" of its content type (CaptureContentTypeHeader API
        # reference).
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }
    return config if key is None else config | {"KmsKeyId": key}


class ScalableTarget(TypedDict):
    """A variant to scale (Application Auto Scaling user guide, SageMaker endpoint variants)."""

    ServiceNamespace: Literal["sagemaker"]
    ResourceId: str
    ScalableDimension: Literal["sagemaker:variant:DesiredInstanceCount"]


def scalable_target(endpoint: str) -> ScalableTarget:
    """Return the variant of an endpoint, as Application Auto Scaling names it."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
