"""Write the tables of keys in docs/spec.md from the models of the spec.

`make pages` runs it. The text outside the two marks is written by hand and stays as it is.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from model_packager.spec.deploy_spec import DeploySpec

PAGE = Path(__file__).parent.parent / "docs" / "spec.md"

BEGIN = "<!-- scripts/write_spec_page.py writes this part: edit the models in model_packager -->\n"
END = "<!-- end of the generated part -->\n"

HEAD = "| Key | Value | Default | Description |\n|---|---|---|---|\n"

Schema = Mapping[str, Any]
Headings = Mapping[str, str]
"""The heading of the table of a model's keys, by the model's title in the schema."""


def page(current: str) -> str:
    """Return the page with updated tables between its two marks."""
    before, _, rest = current.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{keys()}\n{END}{after}"


def keys() -> str:
    """Return a table for each mapping, from the top down."""
    schema = DeploySpec.model_json_schema()
    known = schema["$defs"]
    headings = dict(_mappings(schema, "", known))
    parts = [HEAD + "".join(_rows(schema, known, headings))]
    parts += (
        f"### `{heading}`\n\n{_summary(known[title])}\n\n"
        f"{HEAD}{''.join(_rows(known[title], known, headings))}"
        for title, heading in headings.items()
    )
    return "\n".join(parts)


def _summary(part: Schema) -> str:
    """Return the first paragraph of the description, on one line."""
    first: str = part["description"].partition("\n\n")[0]
    return " ".join(first.split())


def _mappings(part: Schema, above: str, known: Schema) -> Iterator[tuple[str, str]]:
    """Yield each model that has keys, with the key that it belongs to."""
    met = set()
    for name, value in part["properties"].items():
        for title in _referred(value):
            if "properties" in known[title] and title not in met:
                met.add(title)
                yield title, f"{above}{name}"
                yield from _mappings(known[title], f"{above}{name}.", known)


def _referred(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for each in node.values():
            yield from _referred(each)
    elif isinstance(node, list):
        for each in node:
            yield from _referred(each)


def _rows(part: Schema, known: Schema, headings: Headings) -> Iterator[str]:
    for name, value in part["properties"].items():
        described, _, default = value["description"].partition("Default: ")
        if name in part.get("required", ()):
            default = "required"
        kind = _value(value, known, headings)
        default = default.rstrip(".") or _default(value)
        yield f"| `{name}` | {kind} | {default} | {described.strip()} |\n"


def _default(value: Schema) -> str:
    default = value.get("default")
    if "anyOf" not in value and isinstance(default, Mapping):
        return "the defaults of its keys"
    if default in (None, []):
        return "none"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _value(value: Schema, known: Schema, headings: Headings) -> str:
    """Describe a value: its type and limits, or a link to its keys."""
    if "anyOf" in value:
        kinds = [each for each in value["anyOf"] if each.get("type") != "null"]
        return ", or ".join(_value(each, known, headings) for each in kinds)
    if "$ref" in value:
        title = value["$ref"].rpartition("/")[2]
        if title in headings:
            anchor = headings[title].replace(".", "")  # GitHub removes dots
            return f"mapping ([keys](#{anchor}))"
        return _value(known[title], known, headings)
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return " ".join(f"`{each}`" for each in value["enum"])
    return _of_type(value, known, headings)


def _of_type(value: Schema, known: Schema, headings: Headings) -> str:
    match value["type"]:
        case "boolean":
            return "`true` `false`"
        case "integer" | "number" as kind:
            return f"{'whole number' if kind == 'integer' else 'number'}{_range(value)}"
        case "array":
            item = value.get("items") or value["prefixItems"][0]
            return f"list of {_count(value)}{_plural(_value(item, known, headings))}"
        case "object":
            of = value.get("additionalProperties") or next(
                iter(value["patternProperties"].values())
            )
            return f"mapping from names to {_plural(_value(of, known, headings))}"
        case _:
            return "text"


def _range(value: Schema) -> str:
    if "exclusiveMinimum" in value:
        upper = f", up to {value['maximum']}" if "maximum" in value else ""
        return f" above {value['exclusiveMinimum']}{upper}"
    if "not" in value:
        return " above 0, or -1"
    low, high = value.get("minimum"), value.get("maximum")
    if low is None:
        return ""
    return f" from {low:,}" if high is None else f" from {low:,} to {high:,}"


def _count(value: Schema) -> str:
    low, high = value.get("minItems", 0), value.get("maxItems")
    if high is None:
        return ""
    return f"{high} " if low == high else f"up to {high} "


def _plural(kind: str) -> str:
    return re.sub(r"^(whole number|number|text|mapping)\b", r"\1s", kind)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
