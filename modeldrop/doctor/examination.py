"""Runs all checks, in the order in which a drop needs them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.triton_image import registry_account
from modeldrop.doctor import account, delivery, hosting, simulation, stack
from modeldrop.doctor.deployed_names import deployed_names, role_of
from modeldrop.doctor.finding import Finding, attempt, failed, guarded, warning
from modeldrop.doctor.required_permissions import requirements
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.template import read_parameters, read_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from boto3 import Session

    from modeldrop.doctor.account import Caller
    from modeldrop.doctor.required_permissions import Requirement
    from modeldrop.doctor.simulation import Denial
    from modeldrop.doctor.stack import Deployed


# There are about 150 calls of SimulatePrincipalPolicy, for which AWS documents no rate limit.
_RETRIES = Config(retries={"mode": "standard", "max_attempts": 8})

OPERATOR_ACTIONS = (
    (account.CHECK, "none"),
    (stack.CHECK, stack.ACTIONS),
    (hosting.IMAGE_CHECK, "none"),
    (hosting.QUOTA_CHECK, hosting.QUOTA_ACTIONS),
    (simulation.CHECK, simulation.ACTIONS),
    (delivery.EVENTS_CHECK, delivery.EVENTS_ACTIONS),
    (delivery.RULES_CHECK, delivery.RULES_ACTIONS),
    (delivery.SUBSCRIPTIONS_CHECK, delivery.SUBSCRIPTIONS_ACTIONS),
)
"""The IAM actions that the caller needs for each check."""


@dataclass(frozen=True)
class Examination:
    """Checks an account and its stack.

    Attributes:
        session: a session for the account and Region.
        stack_name: the name of the stack, which may not exist yet.
        local: whether the account is the local cloud.
        instance_type: the type whose quota to check; None for the stack's default.
    """

    session: Session
    stack_name: str
    local: bool = False
    instance_type: str | None = None

    def run(self) -> Iterator[Finding]:
        """Yield each finding as soon as it is known. All calls only read."""
        caller, finding = account.identify(self.session)
        yield finding
        if caller is None:
            return
        region = self.session.region_name
        deployed = attempt(
            stack.CHECK,
            stack.ACTIONS,
            lambda: stack.find(self._client("cloudformation"), self.stack_name),
        )
        if isinstance(deployed, Finding):
            yield deployed
            deployed = None
        else:
            yield stack.check_stack(deployed, self.stack_name, region, version("modeldrop"))
        yield from self._hosting(deployed.parameters if deployed else {})
        if deployed is None or not deployed.is_modeldrop:
            return
        yield from self._roles(deployed, caller)
        yield from self._delivery(deployed)

    def _client(self, service: str) -> Any:
        create: Any = self.session.client  # the overloads accept only literal names
        return create(service, config=_RETRIES)

    def _hosting(self, parameter_values: Mapping[str, str]) -> Iterator[Finding]:
        region = self.session.region_name
        parameters = StackParameters.of(read_parameters(), region, parameter_values)
        instance_type = self.instance_type or parameters.instance_type
        yield hosting.check_image(region, parameters.triton_release, instance_type)
        count = int(parameters.values["InstanceCount"])

        def quota() -> Iterator[Finding]:
            found = hosting.find_quota(self._client("service-quotas"), instance_type)
            yield hosting.check_quota(instance_type, count, found)

        yield from guarded(hosting.QUOTA_CHECK, hosting.QUOTA_ACTIONS, quota)

    def _roles(self, deployed: Deployed, caller: Caller) -> tuple[Finding, ...]:
        template, region = read_template(), self.session.region_name
        names = deployed_names(template, deployed, caller, region)
        by_role: dict[str, list[Requirement]] = defaultdict(list)
        for each in requirements(template, names, _registry(region, caller)):
            by_role[role_of(each.who, template)].append(each)
        missing: list[Finding] = []

        def decisions() -> Iterator[tuple[Requirement, Denial | None]]:
            iam = self._client("iam")
            for role, needed in by_role.items():
                name = deployed.physical_ids.get(role)
                if name is None:
                    missing.append(_missing_role(role))
                    continue
                arn = f"arn:{caller.partition}:iam::{caller.account}:role/{name}"
                try:
                    yield from simulation.simulate(iam, arn, needed)
                except ClientError as error:
                    if error.response["Error"]["Code"] != "NoSuchEntity":
                        raise
                    missing.append(_deleted(name))

        found = guarded(
            simulation.CHECK,
            simulation.ACTIONS,
            lambda: simulation.check_permissions(decisions()),
        )
        return (*found, *missing)

    def _delivery(self, deployed: Deployed) -> Iterator[Finding]:
        bucket, topic = deployed.outputs["DropBucketName"], deployed.outputs["ResultTopicArn"]

        def events() -> Iterable[Finding]:
            found = self._client("s3").get_bucket_notification_configuration(Bucket=bucket)
            yield delivery.check_bucket_events(bucket, found)

        def rules() -> Iterable[Finding]:
            client = self._client("events")
            states = {name: client.describe_rule(Name=name)["State"] for name in deployed.rules}
            return delivery.check_rules(states)

        def subscriptions() -> Iterable[Finding]:
            pages = self._client("sns").get_paginator("list_subscriptions_by_topic")
            found = [
                each for page in pages.paginate(TopicArn=topic) for each in page["Subscriptions"]
            ]
            yield delivery.check_subscriptions(topic, found, local=self.local)

        yield from guarded(delivery.EVENTS_CHECK, delivery.EVENTS_ACTIONS, events)
        yield from guarded(delivery.RULES_CHECK, delivery.RULES_ACTIONS, rules)
        yield from guarded(
            delivery.SUBSCRIPTIONS_CHECK, delivery.SUBSCRIPTIONS_ACTIONS, subscriptions
        )


def _registry(region: str, caller: Caller) -> str:
    try:
        return registry_account(region)
    except SpecRejected:  # `check_image` reports this
        return caller.account


def _missing_role(role: str) -> Finding:
    return warning(
        simulation.CHECK,
        f"The stack has no {role}: it was deployed from another version.",
        "Deploy this version: sam build, then sam deploy",
    )


def _deleted(role: str) -> Finding:
    return failed(
        simulation.CHECK,
        f"The role {role} of the stack was deleted.",
        "Delete the stack and deploy it again.",
    )
