"""The errors of SageMaker's API, with AWS's codes and messages.

Sources of the messages:
- `Could not find endpoint "arn…".`: aws/amazon-sagemaker-examples#2402
- `Cannot create already existing endpoint configuration "arn…".`:
  awslabs/spot-tagging-bot-for-digital-assets#2
- `Cannot update in-progress endpoint "arn…".`, for updates and deletions, while Creating or
  Updating: aws/amazon-sagemaker-operator-for-k8s (its constants for DeleteEndpoint),
  and the users who cannot delete a Creating endpoint in aws/amazon-sagemaker-examples#3432
- `Cannot update endpoint with the currently in use endpoint configuration "…".`:
  mikegc-aws/strands-decider-triton, deploy/create_endpoint.py ("measured")
- `Endpoint … of account … not found.`: aws/amazon-sagemaker-examples#293 and #559
- `User is missing the following permissions: …`: aws/aws-auto-scaling-custom-resource#25
- `An Application AutoScaling scalable target exists for a variant being deleted, and …`:
  awslabs/stable-diffusion-aws-extension#161
- `Could not access model data at … Please ensure that the role …`:
  philschmid/llm-sagemaker-sample#2
- `No S3 objects found under S3 URL …`: aws/amazon-sagemaker-examples#2414 (CreateTransformJob)
- `… job names must be unique …`: aws/amazon-sagemaker-examples#3108, for a training job; we assume
  the same for a transform job
- `Could not find requested job with name: …`, `Could not find job to update with name: …` and
  `The request was rejected because the … job is in status …`: programs that expect them of
  transform and training jobs; AWS does not document them
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_packager.sagemaker.cloudwatch import log_group


class ApiError(Exception):
    """An error response.

    Attributes:
        code: the error code, which boto3 returns as `Error.Code`.
        message: the message, which boto3 returns as `Error.Message`.
        status: the HTTP status.
        members: other members of a modeled error, such as `OriginalStatusCode`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        members: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members: Mapping[str, str | int] = members or {}


def invalid(message: str) -> ApiError:
    """Return the control plane's error for an invalid request."""
    return ApiError("ValidationException", message)


def not_found(kind: str, arn: str) -> ApiError:
    """Return the error for a resource that does not exist. `kind` is AWS's term for it."""
    return invalid(f'Could not find {kind} "{arn}".')


def already_exists(kind: str, arn: str) -> ApiError:
    """Return the error for a name that already exists."""
    return invalid(f'Cannot create already existing {kind} "{arn}".')


def in_progress(arn: str) -> ApiError:
    """Return the error for an endpoint that is being created, updated or deleted."""
    return invalid(f'Cannot update in-progress endpoint "{arn}".')


def currently_in_use(config_name: str) -> ApiError:
    """Return UpdateEndpoint's error for the config that is already live."""
    return invalid(
        f'Cannot update endpoint with the currently in use endpoint configuration "{config_name}".'
    )


def not_supported(what: str) -> ApiError:
    """Return the error for a feature that the local SageMaker lacks; the message is ours."""
    return invalid(f"Modeldrop's local SageMaker does not support {what}. Deploy to AWS for that.")


def other_endpoint_type(endpoint: str, is_async: bool) -> ApiError:
    """Return UpdateEndpoint's error for a change between real-time and asynchronous.

    The start of the first message is from aws/sagemaker-python-sdk#3124; the rest is ours.
    """
    change = "removed from" if is_async else "added to"
    return invalid(
        f"The AsyncInferenceConfig parameter cannot be {change} this endpoint {endpoint}. To "
        "change the endpoint type, delete the endpoint and create it again."
    )


def no_input_objects(url: str, bucket: str, role_arn: str, region: str) -> ApiError:
    """Return CreateTransformJob's error if its input has no objects, or cannot be listed."""
    return invalid(
        f'No S3 objects found under S3 URL "{url}" given in input data source. Please ensure that '
        f"the bucket exists in the selected region ({region}), that objects exist under that S3 "
        f'prefix, and that the role "{role_arn}" has "s3:ListBucket" permissions on bucket '
        f'"{bucket}".'
    )


def job_name_in_use(arn: str) -> ApiError:
    """Return CreateTransformJob's error for a name that already exists."""
    return ApiError(
        "ResourceInUse",
        "Transform job names must be unique within an AWS account and region, and a transform job "
        f"with this name already exists ({arn})",
    )


def job_not_found(name: str) -> ApiError:
    """Return DescribeTransformJob's error for a job that does not exist."""
    return invalid(f"Could not find requested job with name: {name}")


def no_job_to_stop(name: str) -> ApiError:
    """Return StopTransformJob's error for a job that does not exist."""
    return invalid(f"Could not find job to update with name: {name}")


def job_not_running(status: str) -> ApiError:
    """Return StopTransformJob's error for a job that has ended or is stopping."""
    return invalid(f"The request was rejected because the transform job is in status {status}.")


def missing_permissions(actions: Sequence[str]) -> ApiError:
    """Return Application Auto Scaling's error for a caller without these permissions."""
    return invalid(f"User is missing the following permissions: {', '.join(actions)}")


def cannot_deregister() -> ApiError:
    """Return DeleteEndpoint's error for a caller that may not deregister a scalable target."""
    return ApiError(
        "AccessDeniedException",
        "An Application AutoScaling scalable target exists for a variant being deleted, and the "
        "IAM identity used to invoke DeleteEndpoint does not have "
        "application-autoscaling:DeregisterScalableTarget permission to deregister the scalable "
        "target.",
    )


def unreadable_model_data(url: str, role_arn: str, region: str) -> ApiError:
    """Return CreateModel's error if the execution role cannot read the model's files."""
    return invalid(
        f'Could not access model data at {url}. Please ensure that the role "{role_arn}" exists '
        'and that its trust relationship policy allows the action "sts:AssumeRole" for the service '
        'principal "sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" '
        f"permissions and that the object is located in {region}. If your Model uses multiple "
        'models or uncompressed models, please ensure that the role has "s3:ListBucket" '
        "permission."
    )


def model_error_text(status: int, message: str, endpoint: str, region: str, account: str) -> str:
    """Return the message of a ModelError, which contains the container's response."""
    side = "client" if 400 <= status < 500 else "server"
    return (
        f'Received {side} error ({status}) from primary with message "{message}". See '
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logEventViewer:group={log_group(endpoint)} in account {account} for more information."
    )


def unknown_operation(operation: str, known: list[str]) -> ApiError:
    """Return the error for an operation that the local SageMaker does not implement."""
    return ApiError(
        "UnknownOperationException",
        f"Modeldrop's local SageMaker has no operation {operation!r}. It has: {', '.join(known)}.",
    )


def endpoint_not_invocable(endpoint: str, account: str) -> ApiError:
    """Return InvokeEndpoint's error for an endpoint that is missing or not yet in service."""
    return ApiError("ValidationError", f"Endpoint {endpoint} of account {account} not found.")
