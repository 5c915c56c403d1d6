"""Reads the parameters and permissions of template.yaml offline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEMPLATE_FILE = Path(__file__).with_name("template.yaml")
"""A link to the template, which an installed command also has."""


@dataclass(frozen=True)
class Permission:
    """A statement of a role's policy.

    Attributes:
        who: the resource with the role, such as "CreateModelFunction".
        statement: the Sid of the statement.
        resources: the ARNs, with placeholders such as <Name.Arn> for values of the deployed stack.
        condition: the template's condition; empty if there is none.
    """

    who: str
    statement: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: str = ""


# libyaml, if PyYAML was built with it, reads the template ten times as fast.
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _CloudFormationLoader(_SafeLoader):  # type: ignore[misc,valid-type]  # one of two classes
    """Reads `!Ref X` as {"Ref": "X"}, and other tags in the same way."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101  # YAML has no fourth kind
    return {name: loader.construct_mapping(node, deep=True)}


_CloudFormationLoader.add_multi_constructor("!", _tag)


def read_template(file: Path = TEMPLATE_FILE) -> dict[str, Any]:
    """Read the template as plain data.

    Raises:
        UsageError: the file is missing.
    """
    return _parsed(_text_of(file))


_PARAMETERS = re.compile(r"^Parameters:\n(?:[ #].*\n|\n)*", re.MULTILINE)
"""The section Parameters, which ends before the next line that is not indented."""


def read_parameters(file: Path = TEMPLATE_FILE) -> dict[str, Any]:
    """Read only the section Parameters of the template, in a fifteenth of the time.

    Raises:
        UsageError: the file is missing.
    """
    found = _PARAMETERS.search(_text_of(file))
    return _parsed(found[0]) if found else {"Parameters": {}}


def _text_of(file: Path) -> str:
    if not file.is_file():
        raise UsageError(f"No such file: {file}. The command needs a clone of Modeldrop.")
    return file.read_text(encoding="utf-8")


def _parsed(text: str) -> dict[str, Any]:
    template: dict[str, Any] = yaml.load(
        text,
        Loader=_CloudFormationLoader,  # noqa: S506  # a SafeLoader with CloudFormation's tags
    )
    return template


def parameter_defaults(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults of the parameters.

    Args:
        template: the result of `read_template` or `read_parameters`.
    """
    parameters = template["Parameters"]
    return {name: each["Default"] for name, each in parameters.items() if "Default" in each}


def permissions(template: Mapping[str, Any], known: Mapping[str, str]) -> tuple[Permission, ...]:
    """Return the statements of all roles, in order, including those with false conditions.

    Args:
        template: the result of `read_template`.
        known: the parameters and pseudo parameters by name, such as "AWS::Region".
    """
    return tuple(
        Permission(
            who=name,
            statement=statement["Sid"],
            actions=tuple(_listed(statement["Action"])),
            resources=tuple(_written(each, known) for each in _listed(statement["Resource"])),
            condition=condition,
        )
        for name, statement, condition in statements(template["Resources"])
    )


def statements(resources: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield each policy statement with its resource and its condition, which may be empty."""
    for name, resource in resources.items():
        for policy in resource.get("Properties", {}).get("Policies", []):
            for entry in policy.get("PolicyDocument", policy)["Statement"]:
                if "Fn::If" in entry:
                    condition, statement, _nothing = entry["Fn::If"]
                    yield name, statement, condition
                else:
                    yield name, entry, ""


def holds(template: Mapping[str, Any], condition: str, known: Mapping[str, str]) -> bool:
    """Return whether a condition of the template is true. An empty condition is true."""
    return not condition or _is_true(template["Conditions"][condition], known)


def _is_true(node: Mapping[str, Any], known: Mapping[str, str]) -> bool:
    ((function, argument),) = node.items()
    if function == "Fn::Not":
        return not _is_true(argument[0], known)
    left, right = (_written(each, known) for each in argument)  # Fn::Equals
    return left == right


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _written(value: Any, known: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Sub":
        return re.sub(r"\$\{([^}]+)\}", lambda found: _named(found[1], known), argument)
    return _named(argument, known)


def _named(name: str, known: Mapping[str, str]) -> str:
    return known.get(name, f"<{name}>")
