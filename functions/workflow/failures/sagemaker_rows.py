"""Errors in SageMaker's FailureReason, which need no container log."""

from __future__ import annotations

import re

from workflow.failures.failure import FailureKind, FailureRow

SAGEMAKER_ROWS = (
    FailureRow(
        FailureKind.CAPACITY,
        re.compile(r"InsufficientInstanceCapacity|CapacityError|[Ii]nsufficient [Cc]apacity"),
        "AWS currently has no capacity for this instance type in the Region.",
        "In deploy.yaml, add types to endpoint.fallback_instance_types or set another "
        "endpoint.instance_type, or retry in an hour.",
        "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity "
        "error. Please retry using a different ML instance type or after some time.",
        "https://github.com/DIAGNijmegen/rse-grand-challenge/issues/2631 and "
        "https://github.com/aws/deep-learning-containers/pull/6411",
    ),
    FailureRow(
        FailureKind.CAPACITY,
        re.compile(r"Unable to provision requested ML compute capacity"),
        "AWS currently cannot provide the instances.",
        "In deploy.yaml, add types to endpoint.fallback_instance_types or set another "
        "endpoint.instance_type, or retry in an hour.",
        "Unable to provision requested ML compute capacity. Please retry using a different ML "
        "instance type.",
        "https://github.com/DIAGNijmegen/rse-grand-challenge/issues/2631",
    ),
    FailureRow(
        FailureKind.QUOTA,
        re.compile(
            r"service limit '(?P<quota>[^']+)' is (?P<limit>[\d.]+) Instances, with current "
            r"utilization of (?P<used>[\d.]+) Instances and a request delta of (?P<more>[\d.]+)"
        ),
        "The quota '{quota}' allows {limit} instances; the account uses {used} and needs {more} "
        "more.",
        "Request an increase under Service Quotas, Amazon SageMaker, '{quota}', or set another "
        "endpoint.instance_type or a smaller endpoint.instance_count in deploy.yaml.",
        "The account-level service limit 'ml.g4dn.xlarge for endpoint usage' is 0 Instances, with "
        "current utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS "
        "support to request an increase for this limit.",
        "https://github.com/awsdocs/amazon-sagemaker-developer-guide/issues/70",
    ),
    FailureRow(
        FailureKind.QUOTA,
        re.compile(r"ResourceLimitExceeded|account-level service limit"),
        "An account quota is exhausted.",
        "Request an increase under Service Quotas, Amazon SageMaker, or set another "
        "endpoint.instance_type in deploy.yaml.",
        "An error occurred (ResourceLimitExceeded) when calling the CreateEndpoint operation",
        "https://github.com/aws/amazon-sagemaker-examples/issues/307",
    ),
    FailureRow(
        FailureKind.ROLE,
        re.compile(
            r"role '(?P<role>[^']+)' does not have (?P<action>\w+) permission for the image: "
            r"'(?P<image>[^']+)'"
        ),
        "The execution role {role} is not allowed to pull the image {image}.",
        "Grant it ecr:{action}, ecr:GetDownloadUrlForLayer and ecr:BatchCheckLayerAvailability on "
        "that repository, and ecr:GetAuthorizationToken. This stack's SageMakerExecutionRole has "
        "them.",
        "The role 'arn:aws:iam::123456789012:role/test-role' does not have BatchGetImage "
        "permission for the image: '763104351884.dkr.ecr.us-east-1.amazonaws.com/"
        "sagemaker-tritonserver:25.09-py3'.",
        "https://github.com/aws/sagemaker-python-sdk/issues/2002",
    ),
    FailureRow(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(
            r"repository of your image (?P<image>\S+) does not grant (?P<actions>.+?) permissions? "
            r"to sagemaker\.amazonaws\.com"
        ),
        "The repository of the image {image} does not let SageMaker pull it.",
        "Deploy the stack with another TritonRelease. If the image is your own, grant {actions} to "
        "sagemaker.amazonaws.com in its repository policy.",
        "The repository of your image 007439368137.dkr.ecr.eu-west-2.amazonaws.com/"
        "sagemaker-tritonserver:25.09-py3 does not grant ecr:GetDownloadUrlForLayer, "
        "ecr:BatchGetImage, ecr:BatchCheckLayerAvailability permission to sagemaker.amazonaws.com "
        "service principal.",
        "https://github.com/aws/deep-learning-containers/issues/5657",
    ),
    FailureRow(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(
            r"make sure all images included in the model for the production variant (?P<variant>"
            r"\S+) exist"
        ),
        "The image does not exist in this Region, or the execution role is not allowed to pull it.",
        "Check that the registry has the tag of the stack's TritonRelease, and that the execution "
        "role has ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:GetAuthorizationToken.",
        "Please make sure all images included in the model for the production variant AllTraffic "
        "exist, and that the execution role used to create the model has permissions to access "
        "them.",
        "https://github.com/aws/sagemaker-python-sdk/issues/1835",
    ),
    FailureRow(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(r"Image size (?P<size>\d+) is greater than supported size (?P<limit>\d+)"),
        "The image has {size} bytes, but SageMaker's limit is {limit}.",
        "Deploy the stack with another TritonRelease. The -cpu image is smaller.",
        "Image size 13279248421 is greater than supported size 10737418240",
        "https://github.com/aws-solutions-library-samples/qnabot-on-aws/issues/691",
    ),
    FailureRow(
        FailureKind.ROLE,
        re.compile(
            r"(?:Could not assume role|unable to assume the role) '?(?P<role>arn:[^\s']*[^\s'.])"
        ),
        "SageMaker is not allowed to assume the role {role}, or the role does not exist.",
        "Allow sts:AssumeRole for sagemaker.amazonaws.com in the role's trust policy, as this "
        "stack's SageMakerExecutionRole does.",
        "Could not assume role arn:aws:iam::123456789012:role/test-role. Please ensure that the "
        "role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.",
        "https://github.com/awslabs/predictive-maintenance-using-machine-learning/issues/3",
    ),
    FailureRow(
        FailureKind.ROLE,
        re.compile(r"sts:AssumeRole"),
        "SageMaker is not allowed to assume the execution role.",
        "Allow sts:AssumeRole for sagemaker.amazonaws.com in the role's trust policy, as this "
        "stack's SageMakerExecutionRole does.",
        "SageMaker is unable to perform: sts:AssumeRole on the role. Check if you have a trust "
        "relationship for 'sagemaker.amazonaws.com' to assume the role.",
        "https://github.com/astronomer/docs/pull/1695",
    ),
    FailureRow(
        FailureKind.DOWNLOAD_TIMEOUT,
        re.compile(
            r"(?i)download.*(?:timed? ?-?out|took (?:too long|longer))|timed? ?-?out.*download"
        ),
        "The instance did not download the model in time.",
        "Raise endpoint.model_download_timeout_seconds in deploy.yaml (up to 3600).",
        "Model data download timed out.",
        "AWS documents the limit, ModelDataDownloadTimeoutInSeconds, but not the message: "
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html",
    ),
    FailureRow(
        FailureKind.MODEL_DATA,
        re.compile(r'Failed to download model data for container .*URL: "(?P<url>[^"]+)"'),
        "SageMaker could not download the model from {url}.",
        "Check that the object exists, and that the execution role has s3:GetObject on it, "
        "s3:ListBucket on its bucket, and kms:Decrypt if your own key encrypts it. For a large "
        "model, raise endpoint.model_download_timeout_seconds in deploy.yaml.",
        'Failed to download model data for container "container_1" from URL: '
        '"s3://bucket/model.tar.gz". Please ensure that there is an object located at the URL and '
        "that the role passed to CreateModel has permissions to download the object.",
        "https://github.com/mlflow/mlflow/issues/2573 and "
        "https://github.com/aws-samples/cvat-on-aws-china/issues/3",
    ),
    FailureRow(
        FailureKind.MODEL_DATA,
        re.compile(r"Could not find model data at (?P<url>\S+?)\.(?:\s|$)"),
        "There is no model at {url}.",
        "Find out who deleted it (AWS CloudTrail: DeleteObject).",
        "Could not find model data at s3://bucket/model.tar.gz.",
        "https://github.com/awslabs/generative-ai-cdk-constructs/issues/179",
    ),
    FailureRow(
        FailureKind.MODEL_DATA,
        re.compile(r'Failed to extract model data archive .*URL "(?P<url>[^"]+)"'),
        "SageMaker could not extract {url}: it is not a tar.gz archive, or contains links.",
        "Pack only regular files; `find . -type l` lists the links.",
        'Failed to extract model data archive for container "container_1" from URL '
        '"s3://bucket/model.tar.gz". Please ensure that the object located at the URL is a valid '
        "tar.gz archive.",
        "https://github.com/aws/deep-learning-containers/pull/569 and "
        "https://repost.aws/knowledge-center/sagemaker-endpoint-creation-fail",
    ),
    FailureRow(
        FailureKind.DISK,
        re.compile(r"model data archive is too large"),
        "The extracted model does not fit on the instance.",
        "In deploy.yaml, set an endpoint.instance_type with more memory and disk.",
        "The model data archive is too large. Please reduce the size of the model data archive or "
        "move to an instance type with more memory.",
        "https://github.com/aws/sagemaker-python-sdk/issues/879",
    ),
)
"""SageMaker names the reason: it started no container, so any log is from an older one."""

VAGUE_ROWS = (
    FailureRow(
        FailureKind.IMAGE_OR_DRIVER,
        re.compile(r"CannotStartContainerError"),
        "SageMaker could not start the container: the image does not fit the host or its driver.",
        "In deploy.yaml, set endpoint.inference_ami_version to `default` or another, or deploy the "
        "stack with another TritonRelease.",
        "CannotStartContainerError. Please ensure the model container for variant primary starts "
        "correctly when invoked with 'docker run <image> serve'",
        "https://github.com/aws-samples/comfyui-on-amazon-sagemaker/issues/2",
    ),
    FailureRow(
        FailureKind.UNKNOWN,
        re.compile(r"Request to service failed"),
        "SageMaker failed internally and gives no reason.",
        "Retry in a few minutes. If it fails again, contact AWS Support. An image for a different "
        "CPU architecture can also cause this.",
        "Request to service failed. If failure persists after retry, contact customer support.",
        "https://github.com/aws-samples/amazon-sagemaker-custom-container/issues/3 and "
        "https://github.com/aws-samples/aws-genai-llm-chatbot/issues/30",
    ),
)
"""SageMaker gives no specific reason: the container's log takes precedence."""
