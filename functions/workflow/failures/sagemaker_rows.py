"""What SageMaker itself says in FailureReason, before or instead of a container's log."""

from __future__ import annotations

import re

from workflow.failures.failure import FailureKind, Row

SAGEMAKER_ROWS = (
    Row(
        FailureKind.CAPACITY,
        re.compile(r"InsufficientInstanceCapacity|CapacityError|[Ii]nsufficient [Cc]apacity"),
        "AWS has no free instance of this type in the region at the moment.",
        "Add other types under endpoint.fallback_instance_types in deploy.yaml, write another "
        "endpoint.instance_type, or wait an hour.",
        "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity "
        "error. Please retry using a different ML instance type or after some time.",
        "https://github.com/DIAGNijmegen/rse-grand-challenge/issues/2631 and "
        "https://github.com/aws/deep-learning-containers/pull/6411",
    ),
    Row(
        FailureKind.CAPACITY,
        re.compile(r"Unable to provision requested ML compute capacity"),
        "AWS could not provide the instances at the moment.",
        "Add other types under endpoint.fallback_instance_types in deploy.yaml, write another "
        "endpoint.instance_type, or wait an hour.",
        "Unable to provision requested ML compute capacity. Please retry using a different ML "
        "instance type.",
        "https://github.com/DIAGNijmegen/rse-grand-challenge/issues/2631",
    ),
    Row(
        FailureKind.QUOTA,
        re.compile(
            r"service limit '(?P<quota>[^']+)' is (?P<limit>[\d.]+) Instances, with current "
            r"utilization of (?P<used>[\d.]+) Instances and a request delta of (?P<more>[\d.]+)"
        ),
        "The account may have {limit} instances for the quota '{quota}', has {used} and needs "
        "{more} more.",
        "Ask for more under Service Quotas, Amazon SageMaker, '{quota}', or write another "
        "endpoint.instance_type or a smaller endpoint.instance_count in deploy.yaml.",
        "The account-level service limit 'ml.g4dn.xlarge for endpoint usage' is 0 Instances, with "
        "current utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS "
        "support to request an increase for this limit.",
        "https://github.com/awsdocs/amazon-sagemaker-developer-guide/issues/70",
    ),
    Row(
        FailureKind.QUOTA,
        re.compile(r"ResourceLimitExceeded|account-level service limit"),
        "A quota of the account is used up.",
        "Ask for more under Service Quotas, Amazon SageMaker, or write another "
        "endpoint.instance_type in deploy.yaml.",
        "An error occurred (ResourceLimitExceeded) when calling the CreateEndpoint operation",
        "https://github.com/aws/amazon-sagemaker-examples/issues/307",
    ),
    Row(
        FailureKind.ROLE,
        re.compile(
            r"role '(?P<role>[^']+)' does not have (?P<action>\w+) permission for the image: "
            r"'(?P<image>[^']+)'"
        ),
        "The execution role {role} may not pull the image {image}.",
        "Give it ecr:{action}, ecr:GetDownloadUrlForLayer and ecr:BatchCheckLayerAvailability on "
        "that repository, and ecr:GetAuthorizationToken, as this stack's SageMakerExecutionRole "
        "has them.",
        "The role 'arn:aws:iam::123456789012:role/test-role' does not have BatchGetImage "
        "permission for the image: '763104351884.dkr.ecr.us-east-1.amazonaws.com/"
        "sagemaker-tritonserver:25.09-py3'.",
        "https://github.com/aws/sagemaker-python-sdk/issues/2002",
    ),
    Row(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(
            r"repository of your image (?P<image>\S+) does not grant (?P<actions>.+?) permissions? "
            r"to sagemaker\.amazonaws\.com"
        ),
        "AWS does not serve the image {image} to SageMaker.",
        "Deploy the stack with another TritonRelease; where the image is your own, let its "
        "repository's policy grant {actions} to sagemaker.amazonaws.com.",
        "The repository of your image 007439368137.dkr.ecr.eu-west-2.amazonaws.com/"
        "sagemaker-tritonserver:25.09-py3 does not grant ecr:GetDownloadUrlForLayer, "
        "ecr:BatchGetImage, ecr:BatchCheckLayerAvailability permission to sagemaker.amazonaws.com "
        "service principal.",
        "https://github.com/aws/deep-learning-containers/issues/5657",
    ),
    Row(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(
            r"make sure all images included in the model for the production variant (?P<variant>"
            r"\S+) exist"
        ),
        "The image does not exist in this region, or the execution role may not pull it.",
        "Look for the tag of the stack's TritonRelease in the registry; the execution role needs "
        "ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:GetAuthorizationToken.",
        "Please make sure all images included in the model for the production variant AllTraffic "
        "exist, and that the execution role used to create the model has permissions to access "
        "them.",
        "https://github.com/aws/sagemaker-python-sdk/issues/1835",
    ),
    Row(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(r"Image size (?P<size>\d+) is greater than supported size (?P<limit>\d+)"),
        "The image has {size} bytes; SageMaker takes {limit} here.",
        "Deploy the stack with another TritonRelease: its -cpu image is the smaller one.",
        "Image size 13279248421 is greater than supported size 10737418240",
        "https://github.com/aws-solutions-library-samples/qnabot-on-aws/issues/691",
    ),
    Row(
        FailureKind.ROLE,
        re.compile(
            r"(?:Could not assume role|unable to assume the role) '?(?P<role>arn:[^\s']*[^\s'.])"
        ),
        "SageMaker may not act as the role {role}, or there is no such role.",
        "Let the role's trust policy allow sts:AssumeRole to sagemaker.amazonaws.com; this stack's "
        "SageMakerExecutionRole does.",
        "Could not assume role arn:aws:iam::123456789012:role/test-role. Please ensure that the "
        "role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.",
        "https://github.com/awslabs/predictive-maintenance-using-machine-learning/issues/3",
    ),
    Row(
        FailureKind.ROLE,
        re.compile(r"sts:AssumeRole"),
        "SageMaker may not act as the execution role.",
        "Let the role's trust policy allow sts:AssumeRole to sagemaker.amazonaws.com; this stack's "
        "SageMakerExecutionRole does.",
        "SageMaker is unable to perform: sts:AssumeRole on the role. Check if you have a trust "
        "relationship for 'sagemaker.amazonaws.com' to assume the role.",
        "https://github.com/astronomer/docs/pull/1695",
    ),
    Row(
        FailureKind.DOWNLOAD_TIMEOUT,
        re.compile(
            r"(?i)download.*(?:timed? ?-?out|took (?:too long|longer))|timed? ?-?out.*download"
        ),
        "The model's files did not reach the instance in time.",
        "Raise endpoint.model_download_timeout_seconds in deploy.yaml (up to 3600).",
        "Model data download timed out.",
        "AWS documents the limit, ModelDataDownloadTimeoutInSeconds, and not the words: "
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html",
    ),
    Row(
        FailureKind.MODEL_DATA,
        re.compile(r'Failed to download model data for container .*URL: "(?P<url>[^"]+)"'),
        "SageMaker could not fetch the model from {url}.",
        "Look whether it is still there, and whether the execution role has s3:GetObject on it, "
        "s3:ListBucket on its bucket, and kms:Decrypt where a key of your own encrypts it; for a "
        "large model, raise endpoint.model_download_timeout_seconds in deploy.yaml.",
        'Failed to download model data for container "container_1" from URL: '
        '"s3://bucket/model.tar.gz". Please ensure that there is an object located at the URL and '
        "that the role passed to CreateModel has permissions to download the object.",
        "https://github.com/mlflow/mlflow/issues/2573 and "
        "https://github.com/aws-samples/cvat-on-aws-china/issues/3",
    ),
    Row(
        FailureKind.MODEL_DATA,
        re.compile(r"Could not find model data at (?P<url>\S+?)\.(?:\s|$)"),
        "There is no model at {url}.",
        "Find out who removed it (AWS CloudTrail: DeleteObject).",
        "Could not find model data at s3://bucket/model.tar.gz.",
        "https://github.com/awslabs/generative-ai-cdk-constructs/issues/179",
    ),
    Row(
        FailureKind.MODEL_DATA,
        re.compile(r'Failed to extract model data archive .*URL "(?P<url>[^"]+)"'),
        "SageMaker could not unpack {url}: it is no tar.gz, or holds links.",
        "Pack plain files alone: `find . -type l` names the links.",
        'Failed to extract model data archive for container "container_1" from URL '
        '"s3://bucket/model.tar.gz". Please ensure that the object located at the URL is a valid '
        "tar.gz archive.",
        "https://github.com/aws/deep-learning-containers/pull/569 and "
        "https://repost.aws/knowledge-center/sagemaker-endpoint-creation-fail",
    ),
    Row(
        FailureKind.DISK,
        re.compile(r"model data archive is too large"),
        "The unpacked model does not fit on the instance.",
        "Write an endpoint.instance_type with more memory and disk in deploy.yaml.",
        "The model data archive is too large. Please reduce the size of the model data archive or "
        "move to an instance type with more memory.",
        "https://github.com/aws/sagemaker-python-sdk/issues/879",
    ),
)
"""SageMaker names the reason: no container was started, and the log, if any, is an older one's."""

VAGUE_ROWS = (
    Row(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(r"CannotStartContainerError"),
        "The container could not be started: its image, or the driver of the host, does not fit.",
        "Write `inference_ami_version: default` or another under endpoint in deploy.yaml, or "
        "deploy the stack with another TritonRelease.",
        "CannotStartContainerError. Please ensure the model container for variant primary starts "
        "correctly when invoked with 'docker run <image> serve'",
        "https://github.com/aws-samples/comfyui-on-amazon-sagemaker/issues/2",
    ),
    Row(
        FailureKind.UNKNOWN,
        re.compile(r"Request to service failed"),
        "SageMaker failed itself, and does not say why.",
        "Wait some minutes. Where it fails again, ask AWS Support; it was seen with an image for "
        "another processor.",
        "Request to service failed. If failure persists after retry, contact customer support.",
        "https://github.com/aws-samples/amazon-sagemaker-custom-container/issues/3 and "
        "https://github.com/aws-samples/aws-genai-llm-chatbot/issues/30",
    ),
)
"""SageMaker gives no reason of its own: the container's words count before these."""
