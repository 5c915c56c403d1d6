"""The published JSON Schema of deploy.yaml matches what the code accepts."""

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from scripts.write_deploy_schema import TARGET, rendered
from tests.consistency.asl import ROOT
from tests.unit.model_packager.spec.test_deploy_spec import EVERY_KEY

SCHEMA: dict[str, Any] = json.loads(TARGET.read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_it_is_fresh() -> None:
    assert TARGET.read_text() == rendered(), "make pages"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def properties(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    parts = [schema, *schema["$defs"].values()]
    return [item for part in parts for item in part.get("properties", {}).items()]


def test_every_key_is_described() -> None:
    assert [name for name, each in properties(SCHEMA) if not each.get("description")] == []


def shown(page: str) -> str:
    found = re.search(r"```yaml\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "text",
    [
        EVERY_KEY,
        shown("docs/dropping.md"),
        shown("docs/spec.md"),
        "{}",
        "dynamic_batching: true\nmodel_warmup: false\n",
    ],
)
def test_accepted_specs_match_the_schema(text: str) -> None:
    # PyYAML reads YAML 1.1, where 1e-2 without a dot is text; editors read 1.2.
    VALIDATOR.validate(yaml.safe_load(text.replace("1e-2", "0.01")))


@pytest.mark.parametrize(
    "text",
    [
        "max_batchsize: 8",
        "max_batch_size: -1",
        "inputs: [{name: '', dtype: FP32, dims: [1]}]",
        "inputs: [{name: a, dtype: FP23, dims: [1]}]",
        "inputs: [{name: a, dtype: FP32, dims: [0]}]",
        "inputs: [{name: a, dtype: FP32, dims: [-2]}]",
        "inputs: []",
        "instance_group: {kind: gpu}",
        "endpoint: {instance_type: g4dn.xlarge}",
        "endpoint: {startup_timeout_seconds: 59}",
        "container: {environment: {1A: a}}",
        "endpoint: {data_capture_percent: 101}",
        "tags: {modeldrop:model: a}",
        "tags: {team: 4}",
        "smoke_test: {picture: {std: [1, 1, 0]}}",
        "model_warmup: 3",
    ],
)
def test_refused_specs_do_not_match_the_schema(text: str) -> None:
    assert not VALIDATOR.is_valid(yaml.safe_load(text))


def test_editors_find_the_schema() -> None:
    for page in ("docs/dropping.md", "docs/spec.md"):
        assert re.search(r"# yaml-language-server: \$schema=\S*deploy\.schema\.json", shown(page))
