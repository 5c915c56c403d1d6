"""The CloudWatch alarm that watches an endpoint for as long as it serves.

Why there is one for each endpoint: docs/decisions/0016-each-endpoint-has-its-own-alarm.md.
"""

from model_packager.sagemaker.cloudwatch import NAMESPACE, invocation_dimensions, log_group
from model_packager.sagemaker.requests import Request

ENDING = "-live-5xx"
PERIOD_SECONDS = 300


def endpoint_alarm_name(endpoint: str) -> str:
    """Name the alarm of an endpoint. Those of a rollout are named after its config."""
    return endpoint + ENDING


def watched_endpoint(alarm: str) -> str | None:
    """Read the endpoint back from the name of its alarm; None where it is another's."""
    return alarm.removesuffix(ENDING) if alarm.endswith(ENDING) else None


def endpoint_alarm_request(endpoint: str, model: str, *, limit: int, topic_arn: str) -> Request:
    """Return the parameters of PutMetricAlarm.

    Invocation5XXErrors counts the requests that the model answered with 5XX (SageMaker developer
    guide, "Amazon SageMaker AI metrics in Amazon CloudWatch"). Without requests all is well.
    Nobody is told when it is over: a new alarm's first state would be told so, too.

    Args:
        endpoint: the model's own; clients never see its name change, so one alarm watches all
            versions.
        model: its name, for the text.
        limit: how many 5XX answers within the period raise no alarm.
        topic_arn: who is told.
    """
    return {
        "AlarmName": endpoint_alarm_name(endpoint),
        "AlarmDescription": (
            f"Clients of {model} get server errors: the endpoint {endpoint} has given more than "
            f"{limit} answers with status 5XX within {PERIOD_SECONDS // 60} minutes. The model's "
            f"own words are in the log group {log_group(endpoint)}. If a new version "
            f"brought them, go back: modeldrop rollback {model}. If they come with more requests, "
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
