"""Checks that events reach the workflow, and that notifications reach people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modeldrop.doctor.finding import Finding, failed, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

EVENTS_CHECK = "bucket events"
EVENTS_ACTIONS = "s3:GetBucketNotification"
RULES_CHECK = "event rules"
RULES_ACTIONS = "events:DescribeRule"
SUBSCRIPTIONS_CHECK = "subscriptions"
SUBSCRIPTIONS_ACTIONS = "sns:ListSubscriptionsByTopic"


def check_bucket_events(bucket: str, configuration: Mapping[str, Any]) -> Finding:
    """Check the response of GetBucketNotificationConfiguration.

    An empty EventBridgeConfiguration turns on the events (S3 user guide, "Enabling Amazon
    EventBridge").
    """
    if "EventBridgeConfiguration" in configuration:
        return ok(EVENTS_CHECK, f"{bucket} sends its events to EventBridge")
    return failed(
        EVENTS_CHECK,
        f"{bucket} does not send events to EventBridge, so a drop starts nothing.",
        "Turn on Amazon EventBridge in the bucket's properties, under Event notifications.",
    )


def check_rules(states: Mapping[str, str]) -> Iterable[Finding]:
    """Check the states of the stack's EventBridge rules, by name."""
    disabled = [name for name, state in states.items() if state == "DISABLED"]
    for name in disabled:
        yield failed(
            RULES_CHECK,
            f"The rule {name} is disabled, so its events start nothing.",
            f"Enable it: aws events enable-rule --name {name}",
        )
    if not disabled:
        yield ok(RULES_CHECK, f"{len(states)} rules are enabled")


def check_subscriptions(
    topic: str, subscriptions: Sequence[Mapping[str, str]], *, local: bool
) -> Finding:
    """Check the response of ListSubscriptionsByTopic.

    An unconfirmed subscription has "PendingConfirmation" instead of an ARN (SNS API reference,
    Subscribe).

    Args:
        topic: the ARN of the notifications' topic.
        subscriptions: the subscriptions of the topic.
        local: whether the stack is on the local cloud, which sends no email.
    """
    confirmed = [each for each in subscriptions if each["SubscriptionArn"].startswith("arn:")]
    pending = [each["Endpoint"] for each in subscriptions if each not in confirmed]
    if confirmed:
        return ok(SUBSCRIPTIONS_CHECK, f"{len(confirmed)} confirmed on {topic}")
    if pending:
        return warning(
            SUBSCRIPTIONS_CHECK,
            f"No subscription is confirmed; pending: {', '.join(pending)}.",
            "Confirm it with the link in the email; the link is valid for three days.",
        )
    if local:
        return ok(SUBSCRIPTIONS_CHECK, "none; `modeldrop watch` shows the results")
    return warning(
        SUBSCRIPTIONS_CHECK,
        "Nobody gets the notifications.",
        "Set NotificationEmail, or subscribe: "
        f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint ADDRESS",
    )
