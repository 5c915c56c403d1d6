"""The SNS topic on which everything is told."""

from workflow.clients import sns


def publish(topic_arn: str, *, subject: str, message: str, status: str, model: str) -> None:
    """Publish one notification; `status` and `model` are what subscribers filter by."""
    attributes = {"status": status, "model": model}
    sns().publish(
        TopicArn=topic_arn,
        Subject=subject,
        Message=message,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )
