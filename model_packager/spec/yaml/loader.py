"""Loads YAML that strangers wrote: plain data only, in bounded work."""

import re
from typing import Any, ClassVar

import yaml

from model_packager.rejection import refusal

MAX_DEPTH = 50
MAX_NODES = 10_000
"""The maximum number of keys, values and lists, which takes a second and 20 MB."""

MAX_NUMBER_LENGTH = 40
"""A double in full precision has 24 characters."""

YAML_TAG = "tag:yaml.org,2002:"
_NUMBER_TAGS = (f"{YAML_TAG}int", f"{YAML_TAG}float")
_KINDS = ("bool", "float", "int", "map", "null", "seq", "str", "timestamp")


class Loader(yaml.SafeLoader):
    """Loads plain data, without aliases, duplicate keys or deep nesting, in bounded time.

    Aliases can expand a small text to gigabytes ("billion laughs"), and YAML silently keeps the
    last of duplicate keys. The parser takes seconds for thousands of levels or values.
    """

    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.removeprefix(YAML_TAG) in _KINDS
    }
    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node, as `yaml.SafeLoader` does, within the limits."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _wrong("aliases (*name) are not supported; write the value out", event)
        if self.depth == MAX_DEPTH:
            raise _wrong(f"it is nested more than {MAX_DEPTH} levels deep", event)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _wrong(f"it has more than {MAX_NODES:,} keys and values", event)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> list[str]:
        """Refuse escapes beyond Unicode. Their error depends on the number, and on Python."""
        try:
            return super().scan_flow_scalar_non_spaces(double, start_mark)
        except (OverflowError, ValueError) as error:
            problem = "no character has this number; the last one is \\U0010FFFF"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark()) from error

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Construct a value, as `yaml.SafeLoader` does, if it is what its author meant."""
        if isinstance(node, yaml.ScalarNode):
            _check_scalar(node)
        shown = f"{node.value!r:.60}" if isinstance(node, yaml.ScalarNode) else "it"
        kind = node.tag.removeprefix(YAML_TAG)
        with refusal(lambda _: _wrong(f"{shown} is not a valid {kind:.60}", node)):
            return super().construct_object(node, deep)


def _check_scalar(node: yaml.ScalarNode) -> None:
    """Reject 1_0, 1:30 and 010, which YAML 1.1 reads as ten, ninety and eight."""
    if node.tag in _NUMBER_TAGS:
        if len(node.value) > MAX_NUMBER_LENGTH:
            raise _wrong(f"a number of {len(node.value):,} characters is too long", node)
        if re.search(r"[_:]|^[-+]?0[0-9b]", node.value):
            raise _wrong(
                f"YAML reads {node.value} as another number; write digits, or quotes around it",
                node,
            )
    if any("\ud800" <= each <= "\udfff" for each in node.value):
        raise _wrong("a text holds half of a surrogate pair, which is not a character", node)


def _wrong(problem: str, where: yaml.Event | yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=where.start_mark)  # type: ignore[arg-type]
