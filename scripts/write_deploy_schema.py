"""Write docs/deploy.schema.json, the JSON Schema of deploy.yaml, from the models of the spec.

`make pages` runs it.
"""

import json
from pathlib import Path
from typing import Any

from model_packager.spec.deploy_spec import DeploySpec

TARGET = Path(__file__).parent.parent / "docs" / "deploy.schema.json"


def rendered() -> str:
    """Return the schema as text."""
    schema = DeploySpec.model_json_schema()
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "deploy.yaml of Modeldrop",
    }
    return json.dumps({**head, **_without_titles(schema)}, indent=2) + "\n"


def _without_titles(node: Any) -> Any:
    """Remove pydantic's titles, which only repeat the names of keys."""
    if isinstance(node, dict):
        return {
            key: _without_titles(value)
            for key, value in node.items()
            if key != "title" or not isinstance(value, str)
        }
    return [_without_titles(each) for each in node] if isinstance(node, list) else node


if __name__ == "__main__":
    TARGET.write_text(rendered())
