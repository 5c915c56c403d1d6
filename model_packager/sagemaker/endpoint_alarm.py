"""The CloudWatch alarms that exist as long as their endpoint.

Each endpoint has its own alarm; see docs/decisions/0016-each-endpoint-has-its-own-alarm.md.
"""

from model_packager.sagemaker.cloudwatch import NAMESPACE, invocation_dimensions, log_group
from model_packager.sagemaker.requests import Request

ENDING = "-live-5xx"
BACKLOG_ENDING = "-live-backlog"
PERIOD_SECONDS = 300


def endpoint_alarm_name(endpoint: str) -> str:
    """Return the name of an endpoint's alarm. Alarms of a rollout are named after its config."""
    return endpoint + ENDING


def backlog_alarm_name(endpoint: str) -> str:
    """Return the name of the alarm that starts an asynchronous endpoint's first instance."""
    return endpoint + BACKLOG_ENDING


def watched_endpoint(alarm: str) -> str | None:
    """Return the endpoint in the name of an alarm; None for other alarms."""
    endings = (each for each in (ENDING, BACKLOG_ENDING) if alarm.endswith(each))
    return next((alarm.removesuffix(each) for each in endings), None)


def backlog_alarm_request(endpoint: str, policy_arn: str) -> Request:
    """Return the parameters of PutMetricAlarm for the first instance of an asynchronous endpoint.

    Target tracking alone starts an instance only when the backlog exceeds its target. So
    HasBacklogWithoutCapacity, which is 1 while requests wait and no instance runs, triggers a step
    policy (SageMaker developer guide, "Autoscale an asynchronous endpoint"). One minute is enough:
    the metric is 0 as soon as an instance runs.

    Args:
        endpoint: the name of the endpoint.
        policy_arn: the ARN of the step scaling policy.
    """
    return {
        "AlarmName": backlog_alarm_name(endpoint),
        "AlarmDescription": (
            f"Requests wait in the queue of {endpoint}, and no instance runs. The alarm starts the "
            "first instance. No action needed."
        ),
        "Namespace": NAMESPACE,
        "MetricName": "HasBacklogWithoutCapacity",
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
        "TreatMissingData": "notBreaching",
        "AlarmActions": [policy_arn],
    }


def endpoint_alarm_request(
    endpoint: str, model: str, *, limit: int, topic_arn: str, pool: str | None = None
) -> Request:
    """Return the parameters of PutMetricAlarm.

    Invocation5XXErrors counts the requests that the model answered with 5XX (SageMaker developer
    guide, "Amazon SageMaker AI metrics in Amazon CloudWatch"). Missing data counts as healthy.
    There is no OK action: it would also fire for the first state of a new alarm. The metric also
    counts the requests of a smoke test (docs/decisions/0034-*).

    Args:
        endpoint: the model's endpoint. Its name never changes, so one alarm watches all versions.
        model: the model's name, for the text.
        limit: the number of 5XX responses within the period that raises no alarm.
        topic_arn: the SNS topic for notifications.
        pool: the pool that the endpoint belongs to; then `model` is the model that was deployed
            last.
    """
    owner = f"the pool {pool}, where {model} was deployed last" if pool else model
    return {
        "AlarmName": endpoint_alarm_name(endpoint),
        "AlarmDescription": (
            f"Server errors of {owner}: the endpoint {endpoint} returned more than {limit} "
            f"responses with status 5XX within {PERIOD_SECONDS // 60} minutes, to clients or to a "
            "smoke test. If a deployment has just failed, its notification has the cause, and the "
            "previous version serves again. Otherwise, the model's own errors are in the log group "
            f"{log_group(endpoint)}. If a new version "
            f"caused them, roll back: modeldrop rollback {model}. If the load has grown, "
            "raise endpoint.instance_count in deploy.yaml, or set autoscaling, and upload it."
        ),
        "Namespace": NAMESPACE,
        "MetricName": "Invocation5XXErrors",
        "Dimensions": invocation_dimensions(endpoint),
        "Statistic": "Sum",
        "Period": PERIOD_SECONDS,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": float(limit),
        "TreatMissingData": "notBreaching",
        "AlarmActions": [topic_arn],
    }
