"""The permissions that each role of the stack needs, as requests for the IAM policy simulator.

There are two sources: the statements in the template, and the calls that AWS services make on the
roles' behalf (`modeldrop.stack.service_calls`). An example replaces a pattern such as
`modeldrop-*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_packager.names.batch import BATCH_WORK
from model_packager.names.request import ASYNC_FAILURES, ASYNC_INPUTS, ASYNC_OUTPUTS
from model_packager.sagemaker.triton_image import REPOSITORY
from modeldrop.stack.intrinsic_functions import Known, listed
from modeldrop.stack.service_calls import SERVICE_CALLS
from modeldrop.stack.template import holds, statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXECUTION_ROLE = "SageMakerExecutionRole"
_EXAMPLE = "doctor"
_WITH_KEY = "the endpoint config has a KMS key"
_ACCOUNT_FIELD = 4

Context = tuple[tuple[str, str, tuple[str, ...]], ...]
"""The condition keys, each with its ContextKeyType in the simulator and its values."""


@dataclass(frozen=True)
class Requirement:
    """A permission that a role needs.

    Attributes:
        who: the logical ID of the function, state machine or role in the template.
        action: the IAM action, such as "iam:PassRole".
        resource: the ARN, or "*".
        context: the condition keys of the request.
        effect: the effect of a missing permission.
    """

    who: str
    action: str
    resource: str
    context: Context = ()
    effect: str = ""


@dataclass(frozen=True)
class _Granted:
    """A policy statement in the template whose condition is true."""

    who: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Context


def requirements(
    template: Mapping[str, Any], known: Known, registry: str
) -> tuple[Requirement, ...]:
    """Return the permissions that the roles of the stack need, without duplicates.

    Args:
        template: the result of `read_template`.
        known: the result of `deployed_names`.
        registry: the account ID of the Triton images in the Region.
    """
    granted = tuple(_granted(template, known, registry))
    found: dict[tuple[str, str, str, Context], Requirement] = {}
    for each in (*_by_services(granted, known, registry), *_by_statements(granted)):
        found.setdefault((each.who, each.action, each.resource, each.context), each)
    return tuple(found.values())


def _granted(template: Mapping[str, Any], known: Known, registry: str) -> Iterator[_Granted]:
    plain = {name: each for name, each in known.items() if isinstance(each, str)}
    for who, statement, condition in statements(template["Resources"]):
        if statement["Effect"] != "Allow" or not holds(template, condition, plain):
            continue
        try:
            resources = listed(statement["Resource"], known)
            context = _context(statement.get("Condition", {}), known)
        except KeyError:  # the deployed version lacks the resource; `check_stack` reports this
            continue
        yield _Granted(
            who,
            tuple(listed(statement["Action"], known)),
            tuple(_example(each, registry) for each in resources),
            context,
        )


def _by_statements(granted: tuple[_Granted, ...]) -> Iterator[Requirement]:
    for each in granted:
        for action in each.actions:
            for resource in each.resources:
                yield Requirement(each.who, action, resource, each.context)


def _by_services(
    granted: tuple[_Granted, ...], known: Known, registry: str
) -> Iterator[Requirement]:
    plain = {name: each for name, each in known.items() if isinstance(each, str)}
    names = _names(plain, registry)
    for call in SERVICE_CALLS:
        if call.when == _WITH_KEY and not names["key_arn"]:
            continue
        callers = dict.fromkeys(
            each.who for each in granted if not set(call.triggers).isdisjoint(each.actions)
        )
        try:
            resource, keys = call.resource_arn(names), call.context_keys(names)
        except KeyError:  # the deployed version lacks the resource; `check_stack` reports this
            continue
        context = tuple(sorted((key, _kind(value), (value,)) for key, value in keys.items()))
        for who in callers if call.actor == "caller" else (EXECUTION_ROLE,):
            yield Requirement(who, call.action, resource, context, call.effect)


def _names(known: Mapping[str, str], registry: str) -> dict[str, str]:
    """Return example names for `SERVICE_CALLS` that match the patterns in the template."""
    region, account = known["AWS::Region"], known["AWS::AccountId"]
    own = f"{known['EndpointPrefix']}-{_EXAMPLE}"
    folder = f"{_EXAMPLE}/{_EXAMPLE}/model/"
    of_the_stack = {
        "role_arn": f"{EXECUTION_ROLE}.Arn",
        "schedule_role_arn": "ScheduleRole.Arn",
        "bucket": "ArtifactBucket",
        "topic_arn": "InferenceTopic",
    }
    return {
        **{name: known[each] for name, each in of_the_stack.items() if each in known},
        "partition": known["AWS::Partition"],
        "region": region,
        "account": account,
        "model": own,
        "endpoint_config": own,
        "endpoint": own,
        "alarm": own,
        "key_arn": known["KmsKeyArn"],
        "scalable_target_arn": f"arn:{known['AWS::Partition']}:application-autoscaling:{region}:"
        f"{account}:scalable-target/{_EXAMPLE}",
        "random_name": "7f4e1944-1817-4891-9bef-e055a90787a4",
        "object": f"{folder}{_EXAMPLE}",
        "prefix": folder,
        "registry": registry,
        "repository": REPOSITORY,
        "log_stream": _EXAMPLE,
        "input": f"{ASYNC_INPUTS}{_EXAMPLE}",
        "output": f"{ASYNC_OUTPUTS}{_EXAMPLE}",
        "failure": f"{ASYNC_FAILURES}{_EXAMPLE}",
        "transform_job": own,
        "batch_input": f"{BATCH_WORK}{_EXAMPLE}/inputs/{_EXAMPLE}",
        "batch_output": f"{BATCH_WORK}{_EXAMPLE}/outputs/{_EXAMPLE}",
    }


def _example(pattern: str, registry: str) -> str:
    """Return an ARN that matches a pattern. "*" stands for an action without resources."""
    if pattern == "*":
        return pattern
    fields = pattern.split(":", 5)
    if fields[_ACCOUNT_FIELD] == "*":
        fields[_ACCOUNT_FIELD] = registry
    return ":".join(fields).replace("*", _EXAMPLE)


def _context(condition: Mapping[str, Mapping[str, Any]], known: Known) -> Context:
    """Return condition keys that satisfy a statement's Condition.

    A negated operator needs no key. A set operator (ForAllValues, ForAnyValue) gets all values, any
    other operator the first value. Null with `false` requires the key, with any value.
    """
    found = dict[str, tuple[str, tuple[str, ...]]]()
    for operator, keys in condition.items():
        if "Not" in operator or operator == "Null":
            continue
        for key, patterns in keys.items():
            values = [each.replace("*", _EXAMPLE) for each in listed(patterns, known)]
            several = operator.startswith("For")
            kind = "stringList" if several else _kind(values[0])
            found[key] = kind, tuple(values if several else values[:1])
    for key, absent in condition.get("Null", {}).items():
        if absent == "false":
            found.setdefault(key, ("string", (_EXAMPLE,)))
    return tuple(sorted((key, *each) for key, each in found.items()))


def _kind(value: str) -> str:
    return "boolean" if value in {"true", "false"} else "string"
