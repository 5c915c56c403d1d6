"""Maps references in the template to the names and ARNs of a deployed stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model_packager.sagemaker.cost_limits import members
from modeldrop.stack.template import parameter_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modeldrop.doctor.account import Caller
    from modeldrop.doctor.stack import Deployed

# Formats: service authorization reference, "Resource types". Ref returns the physical ID
# (CloudFormation template reference, "Return values" of each type).
_ARNS = {
    "AWS::S3::Bucket": "arn:{partition}:s3:::{id}",
    "AWS::SQS::Queue": "arn:{partition}:sqs:{region}:{account}:{id}",  # Ref returns its URL
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role/{id}",
    "AWS::Serverless::Function": "arn:{partition}:lambda:{region}:{account}:function:{id}",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account}:log-group:{id}",
    "AWS::Serverless::StateMachine": "{id}",
}


def deployed_names(
    template: Mapping[str, Any], stack: Deployed, caller: Caller, region: str
) -> dict[str, str | list[str]]:
    """Return values by reference, for `modeldrop.stack.intrinsic_functions.resolve`."""
    place = {"partition": caller.partition, "region": region, "account": caller.account}
    names: dict[str, str | list[str]] = {
        **_parameters(template, stack),
        "AWS::Partition": caller.partition,
        "AWS::Region": region,
        "AWS::AccountId": caller.account,
        "AWS::StackName": stack.name,
    }
    for logical_id, resource in template["Resources"].items():
        physical_id = stack.physical_ids.get(logical_id)
        if not physical_id:
            continue
        names[logical_id] = physical_id
        if resource["Type"] in _ARNS:
            name = physical_id.rpartition("/")[2] if "://" in physical_id else physical_id
            names[f"{logical_id}.Arn"] = _ARNS[resource["Type"]].format(**place, id=name)
    return names


def _parameters(template: Mapping[str, Any], stack: Deployed) -> dict[str, str | list[str]]:
    defaults = {name: str(value) for name, value in parameter_defaults(template).items()}
    kinds = {name: each["Type"] for name, each in template["Parameters"].items()}
    return {
        name: list(members(value)) if kinds.get(name) == "CommaDelimitedList" else value
        for name, value in {**defaults, **stack.parameters}.items()
    }


def role_of(who: str, template: Mapping[str, Any]) -> str:
    """Return the logical ID of a function's or state machine's role, or of the role itself.

    SAM appends "Role" (SAM developer guide, "Generated CloudFormation resources").
    """
    is_role = template["Resources"][who]["Type"] == "AWS::IAM::Role"
    return who if is_role else f"{who}Role"
