from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modeldrop.doctor.delivery import check_bucket_events, check_rules, check_subscriptions
from modeldrop.doctor.finding import Status

if TYPE_CHECKING:
    from boto3 import Session


def test_bucket_that_sends_no_events_fails(session: Session) -> None:
    s3 = session.client("s3")
    s3.create_bucket(Bucket="drops")
    found = check_bucket_events("drops", s3.get_bucket_notification_configuration(Bucket="drops"))
    assert found.status is Status.FAILED
    assert "a drop starts nothing" in found.text
    # moto keeps the configuration, but does not return it.
    found = check_bucket_events("drops", {"EventBridgeConfiguration": {}})
    assert found.status is Status.OK


def test_disabled_rule_fails() -> None:
    [found] = check_rules({"dropped": "ENABLED", "hourly": "DISABLED"})
    assert found.status is Status.FAILED
    assert found.fix == "Enable it: aws events enable-rule --name hourly"
    [found] = check_rules({"dropped": "ENABLED", "hourly": "ENABLED"})
    assert (found.status, found.text) == (Status.OK, "2 rules are enabled")


def subscriptions(session: Session, *addresses: str) -> tuple[str, list[Any]]:
    sns = session.client("sns")
    topic = sns.create_topic(Name="results")["TopicArn"]
    for address in addresses:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    listed: list[Any] = list(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"])
    return topic, listed


def test_topic_without_subscriptions_is_a_warning(session: Session) -> None:
    topic, listed = subscriptions(session)
    found = check_subscriptions(topic, listed, local=False)
    assert found.status is Status.WARNING
    assert f"aws sns subscribe --topic-arn {topic}" in found.fix
    assert check_subscriptions(topic, listed, local=True).status is Status.OK


def test_confirmed_subscription_is_counted(session: Session) -> None:
    topic, listed = subscriptions(session, "ops@example.com")
    found = check_subscriptions(topic, listed, local=False)
    assert (found.status, found.text) == (Status.OK, f"1 confirmed on {topic}")


def test_pending_subscription_is_a_warning() -> None:
    """moto confirms every subscription (SNS API reference, Subscribe: "pending confirmation")."""
    pending = {"SubscriptionArn": "PendingConfirmation", "Endpoint": "ops@example.com"}
    found = check_subscriptions("arn:t", [pending], local=False)
    assert found.status is Status.WARNING
    assert "pending: ops@example.com" in found.text
