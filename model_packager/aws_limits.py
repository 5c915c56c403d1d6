"""AWS's limits, each with its source: one table for the code, the local SageMaker and the tests.

Where botocore's service model has the same number, `shape` names it, and a test compares both.
Modeldrop's own limits are next to the code that they protect.
"""

from __future__ import annotations

from dataclasses import dataclass

_DOCS = "https://docs.aws.amazon.com"
_SAGEMAKER_API = f"{_DOCS}/sagemaker/latest/APIReference"
_SAGEMAKER_GUIDE = f"{_DOCS}/sagemaker/latest/dg"
_STEP_FUNCTIONS = f"{_DOCS}/step-functions/latest/dg/service-quotas.html"
_LAMBDA = f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html"
_S3 = f"{_DOCS}/AmazonS3/latest/userguide/qfacts.html"
_IAM = f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html"
_CLOUDFORMATION = f"{_DOCS}/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
_LOGS_API = f"{_DOCS}/AmazonCloudWatchLogs/latest/APIReference"

_KIB, _MIB, _GIB = 1024, 1024**2, 1024**3


@dataclass(frozen=True)
class Limit:
    """A limit of an AWS service.

    Attributes:
        service: the service's name.
        what: the limited quantity, with its unit.
        value: the maximum.
        source: the address of the documentation.
        least: the minimum.
        shape: botocore's service and shape with the same limit; empty if the model has none.
    """

    service: str
    what: str
    value: int
    source: str
    least: int = 0
    shape: str = ""


SAGEMAKER_NAME = Limit(
    "SageMaker",
    "characters of the name of a model, endpoint config or endpoint",
    63,
    f"{_SAGEMAKER_API}/API_CreateEndpoint.html",
    shape="sagemaker:EndpointName",
)
TAGS = Limit(
    "SageMaker",
    "tags of a resource",
    50,
    f"{_SAGEMAKER_API}/API_AddTags.html",
    shape="sagemaker:TagList",
)
TAG_KEY = Limit(
    "SageMaker",
    "characters of a tag's key",
    128,
    f"{_SAGEMAKER_API}/API_Tag.html",
    least=1,
    shape="sagemaker:TagKey",
)
TAG_VALUE = Limit(
    "SageMaker",
    "characters of a tag's value",
    256,
    f"{_SAGEMAKER_API}/API_Tag.html",
    shape="sagemaker:TagValue",
)
ENVIRONMENT_VARIABLES = Limit(
    "SageMaker",
    "environment variables of a container",
    100,
    f"{_SAGEMAKER_API}/API_ContainerDefinition.html",
    shape="sagemaker:EnvironmentMap",
)
ENVIRONMENT_NAME = Limit(
    "SageMaker",
    "characters of an environment variable's name",
    1024,
    f"{_SAGEMAKER_API}/API_ContainerDefinition.html",
    shape="sagemaker:EnvironmentKey",
)
ENVIRONMENT_VALUE = Limit(
    "SageMaker",
    "characters of an environment variable's value",
    1024,
    f"{_SAGEMAKER_API}/API_ContainerDefinition.html",
    shape="sagemaker:EnvironmentValue",
)
ENVIRONMENT_BYTES = Limit(
    "SageMaker",
    "bytes of all environment variables of a container",
    32 * _KIB,
    f"{_SAGEMAKER_API}/API_ContainerDefinition.html",
)
MODEL_FILE_NAME_BYTES = Limit(
    "SageMaker",
    "bytes of a file's name in an uncompressed model",
    255,
    f"{_SAGEMAKER_API}/API_S3ModelDataSource.html",
)
SUBNETS = Limit(
    "SageMaker",
    "subnets of a model",
    16,
    f"{_SAGEMAKER_API}/API_VpcConfig.html",
    least=1,
    shape="sagemaker:Subnets",
)
SECURITY_GROUPS = Limit(
    "SageMaker",
    "security groups of a model",
    5,
    f"{_SAGEMAKER_API}/API_VpcConfig.html",
    least=1,
    shape="sagemaker:VpcSecurityGroupIds",
)
MODEL_DOWNLOAD_SECONDS = Limit(
    "SageMaker",
    "seconds to download and unpack a model",
    3600,
    f"{_SAGEMAKER_API}/API_ProductionVariant.html",
    least=60,
    shape="sagemaker:ProductionVariantModelDataDownloadTimeoutInSeconds",
)
STARTUP_SECONDS = Limit(
    "SageMaker",
    "seconds until a container is healthy",
    3600,
    f"{_SAGEMAKER_API}/API_ProductionVariant.html",
    least=60,
    shape="sagemaker:ProductionVariantContainerStartupHealthCheckTimeoutInSeconds",
)
ROLLOUT_SECONDS = Limit(
    "SageMaker",
    "seconds of a guarded rollout: eight hours",
    28_800,
    f"{_SAGEMAKER_API}/API_BlueGreenUpdatePolicy.html",
    least=600,
    shape="sagemaker:MaximumExecutionTimeoutInSeconds",
)
ROLLOUT_WAIT_SECONDS = Limit(
    "SageMaker",
    "seconds of the wait after a step of a rollout",
    3600,
    f"{_SAGEMAKER_API}/API_TrafficRoutingConfig.html",
    shape="sagemaker:WaitIntervalInSeconds",
)
TERMINATION_WAIT_SECONDS = Limit(
    "SageMaker",
    "seconds until the previous fleet ends",
    3600,
    f"{_SAGEMAKER_API}/API_BlueGreenUpdatePolicy.html",
    shape="sagemaker:TerminationWaitInSeconds",
)
CANARY_PERCENT = Limit(
    "SageMaker",
    "percent of the instances in a canary",
    50,
    f"{_SAGEMAKER_API}/API_TrafficRoutingConfig.html",
)
LINEAR_PERCENT = Limit(
    "SageMaker",
    "percent of the instances in a step of a linear rollout",
    50,
    f"{_SAGEMAKER_API}/API_TrafficRoutingConfig.html",
    least=10,
)
ROLLING_PERCENT = Limit(
    "SageMaker",
    "percent of the instances in a batch of a rolling deployment",
    50,
    f"{_SAGEMAKER_API}/API_RollingUpdatePolicy.html",
    least=5,
)
ROLLBACK_PERCENT = Limit(
    "SageMaker",
    "percent of the instances in a batch of the rollback of a rolling deployment",
    100,
    f"{_SAGEMAKER_API}/API_RollingUpdatePolicy.html",
)
ROLLBACK_ALARMS = Limit(
    "SageMaker",
    "alarms that can roll back a rollout",
    10,
    f"{_SAGEMAKER_API}/API_AutoRollbackConfig.html",
    least=1,
    shape="sagemaker:AlarmList",
)
FAILURE_REASON = Limit(
    "SageMaker",
    "characters of FailureReason",
    1024,
    f"{_SAGEMAKER_API}/API_DescribeEndpoint.html",
    shape="sagemaker:FailureReason",
)
INVOCATION_BYTES = Limit(
    "SageMaker",
    "bytes of the body of InvokeEndpoint, in botocore's model, which Modeldrop respects",
    6_291_456,
    f"{_SAGEMAKER_API}/API_runtime_InvokeEndpoint.html",
    shape="sagemaker-runtime:BodyBlob",
)
INVOCATION_FAQ_BYTES = Limit(
    "SageMaker",
    "bytes of a real-time payload according to AWS's FAQ, on which Modeldrop does not rely",
    25_000_000,
    "https://aws.amazon.com/sagemaker/ai/faqs/",
)
INVOCATION_SECONDS = Limit(
    "SageMaker",
    "seconds until a container must respond to InvokeEndpoint",
    60,
    f"{_SAGEMAKER_API}/API_runtime_InvokeEndpoint.html",
)

ASYNC_INLINE_BYTES = Limit(
    "SageMaker",
    "bytes of the body of InvokeEndpointAsync; larger inputs are objects in S3",
    128_000,
    f"{_SAGEMAKER_API}/API_runtime_InvokeEndpointAsync.html",
    shape="sagemaker-runtime:AsyncBodyBlob",
)
ASYNC_PAYLOAD_BYTES = Limit(
    "SageMaker",
    "bytes of the input of an asynchronous request: 1 GB",
    10**9,
    f"{_SAGEMAKER_GUIDE}/async-inference.html",
)
ASYNC_INVOCATION_SECONDS = Limit(
    "SageMaker",
    "seconds until a container must respond to an asynchronous request; 900 by default",
    3600,
    f"{_SAGEMAKER_API}/API_runtime_InvokeEndpointAsync.html",
    least=1,
    shape="sagemaker-runtime:InvocationTimeoutSecondsHeader",
)
ASYNC_QUEUE_SECONDS = Limit(
    "SageMaker",
    "seconds that an asynchronous request may wait in the queue: six hours, also the default",
    21_600,
    f"{_SAGEMAKER_API}/API_runtime_InvokeEndpointAsync.html",
    least=60,
    shape="sagemaker-runtime:RequestTTLSecondsHeader",
)
CONCURRENT_INVOCATIONS = Limit(
    "SageMaker",
    "asynchronous requests that an instance works on at once",
    1000,
    f"{_SAGEMAKER_API}/API_AsyncInferenceClientConfig.html",
    least=1,
    shape="sagemaker:MaxConcurrentInvocationsPerInstance",
)
SERVERLESS_MEMORY_MB = Limit(
    "SageMaker",
    "MB of memory of a serverless endpoint, in steps of 1,024",
    6144,
    f"{_SAGEMAKER_API}/API_ProductionVariantServerlessConfig.html",
    least=1024,
    shape="sagemaker:ServerlessMemorySizeInMB",
)
SERVERLESS_CONCURRENCY = Limit(
    "SageMaker",
    "concurrent requests of a serverless endpoint",
    200,
    f"{_SAGEMAKER_API}/API_ProductionVariantServerlessConfig.html",
    least=1,
    shape="sagemaker:ServerlessMaxConcurrency",
)
SERVERLESS_BYTES = Limit(
    "SageMaker",
    "bytes of a request to a serverless endpoint: 4 MB",
    4_000_000,
    f"{_SAGEMAKER_GUIDE}/model-deploy-feature-matrix.html",
)
SERVERLESS_STARTUP_SECONDS = Limit(
    "SageMaker",
    "seconds until a container of a serverless endpoint is healthy, assumed for the local "
    "SageMaker: AWS says only that a cold start may take up to four minutes",
    180,
    f"{_SAGEMAKER_GUIDE}/serverless-endpoints-invoke.html",
)

TRANSFORM_PAYLOAD_MB = Limit(
    "SageMaker",
    "MB of a request of a transform job, also of all its concurrent requests together",
    100,
    f"{_SAGEMAKER_API}/API_CreateTransformJob.html",
)
TRANSFORM_INSTANCES = Limit(
    "SageMaker",
    "instances of a transform job",
    100,
    f"{_SAGEMAKER_API}/API_TransformResources.html",
    least=1,
)

HISTORY_EVENTS = Limit(
    "Step Functions",
    "events in the history of an execution",
    25_000,
    f"{_STEP_FUNCTIONS}#service-limits-state-machine-executions",
)
STATE_DATA_BYTES = Limit(
    "Step Functions",
    "bytes of the input, output or variables of a state",
    256 * _KIB,
    f"{_STEP_FUNCTIONS}#service-limits-task-executions",
    shape="stepfunctions:SensitiveData",
)
DEFINITION_BYTES = Limit(
    "Step Functions",
    "bytes of a state machine's definition",
    _MIB,
    f"{_STEP_FUNCTIONS}#service-limits-accounts",
    least=1,
    shape="stepfunctions:Definition",
)
EXECUTION_NAME = Limit(
    "Step Functions",
    "characters of an execution's name",
    80,
    f"{_DOCS}/step-functions/latest/apireference/API_StartExecution.html",
    least=1,
    shape="stepfunctions:Name",
)
LIST_EXECUTIONS_RATE = Limit(
    "Step Functions",
    "calls of ListExecutions a second, in the Regions with the smallest quota",
    2,
    f"{_STEP_FUNCTIONS}#service-limits-api-action-throttling-general",
)
DESCRIBE_EXECUTION_RATE = Limit(
    "Step Functions",
    "calls of DescribeExecution a second, in the Regions with the smallest quota",
    10,
    f"{_STEP_FUNCTIONS}#service-limits-api-action-throttling-general",
)
GET_HISTORY_RATE = Limit(
    "Step Functions",
    "calls of GetExecutionHistory a second, in the Regions with the smallest quota",
    15,
    f"{_STEP_FUNCTIONS}#service-limits-api-action-throttling-general",
)

LAMBDA_UNPACKED_BYTES = Limit(
    "Lambda",
    "bytes of a function's unpacked code, with its layers: 250 MB",
    250 * _MIB,
    _LAMBDA,
)
LAMBDA_LAYERS = Limit("Lambda", "layers of a function", 5, _LAMBDA)
LAMBDA_TIMEOUT_SECONDS = Limit("Lambda", "seconds of an invocation", 900, _LAMBDA)
LAMBDA_ENVIRONMENT_BYTES = Limit(
    "Lambda", "bytes of a function's environment variables", 4 * _KIB, _LAMBDA
)

COPY_BYTES = Limit(
    "S3",
    "bytes that CopyObject copies at once",
    5 * _GIB,
    f"{_DOCS}/AmazonS3/latest/API/API_CopyObject.html",
)
PARTS = Limit("S3", "parts of a multipart upload", 10_000, _S3)
PART_BYTES = Limit(
    "S3",
    "bytes of a part; only the last part may be smaller than the minimum",
    5 * _GIB,
    _S3,
    least=5 * _MIB,
)
OBJECT_KEY_BYTES = Limit(
    "S3",
    "bytes of an object's key",
    1024,
    f"{_DOCS}/AmazonS3/latest/userguide/object-keys.html",
)

MESSAGE_BYTES = Limit(
    "SNS",
    "bytes of a message, if the topic sets no MaximumMessageSize",
    256 * _KIB,
    f"{_DOCS}/sns/latest/api/API_Publish.html",
)
SUBJECT = Limit(
    "SNS",
    "characters of a message's subject: fewer than 100",
    99,
    f"{_DOCS}/sns/latest/api/API_Publish.html",
)

ROLE_POLICY = Limit(
    "IAM", "characters of all inline policies of a role, without white space", 10_240, _IAM
)
ROLE_NAME = Limit("IAM", "characters of a role's name", 64, _IAM, least=1, shape="iam:roleNameType")

STACK_PARAMETERS = Limit("CloudFormation", "parameters of a template", 200, _CLOUDFORMATION)
STACK_RESOURCES = Limit("CloudFormation", "resources of a template", 500, _CLOUDFORMATION)
STACK_OUTPUTS = Limit("CloudFormation", "outputs of a template", 200, _CLOUDFORMATION)
TEMPLATE_BYTES = Limit("CloudFormation", "bytes of a template in S3", _MIB, _CLOUDFORMATION)

DATAPOINTS = Limit(
    "CloudWatch",
    "datapoints of a GetMetricStatistics response",
    1440,
    f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html",
)
METRIC_QUERIES = Limit(
    "CloudWatch",
    "queries of a GetMetricData request",
    500,
    f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html",
)
LOG_RETENTION_DAYS = Limit(
    "CloudWatch Logs",
    "days for which a log group keeps its events, unless it keeps them forever",
    3653,
    f"{_LOGS_API}/API_PutRetentionPolicy.html",
)
LOG_STREAMS = Limit(
    "CloudWatch Logs",
    "streams of a DescribeLogStreams response",
    50,
    f"{_LOGS_API}/API_DescribeLogStreams.html",
    least=1,
    shape="logs:DescribeLimit",
)
LOG_EVENTS = Limit(
    "CloudWatch Logs",
    "events of a GetLogEvents response",
    10_000,
    f"{_LOGS_API}/API_GetLogEvents.html",
    least=1,
    shape="logs:EventsLimit",
)

LIMITS = {name: each for name, each in globals().items() if isinstance(each, Limit)}
"""All limits, by name."""
