"""samconfig.toml is valid for sam, with parameters of the template."""

import shlex
import tomllib
from typing import Any

import pytest

from model_packager.names.stack import DEFAULT_STACK
from tests.consistency.asl import ROOT, TEMPLATE
from tests.consistency.test_documented_commands import sam_problems

CONFIG: dict[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text())
VERSION = CONFIG.pop("version")
ENVIRONMENTS = sorted(CONFIG)


def test_version_and_environments() -> None:
    assert VERSION == 0.1
    assert ENVIRONMENTS == ["default", "dev", "prod"]


@pytest.mark.slow
def test_every_option_is_one_of_its_command() -> None:
    lines = [
        [*command.split("_"), f"--{option.replace('_', '-')}"]
        for environment in CONFIG.values()
        for command, section in environment.items()
        if command != "global"
        for option in section["parameters"]
    ]
    problems = zip(lines, sam_problems(lines), strict=True)
    assert [f"{' '.join(line)}: {problem}" for line, problem in problems if problem] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_deploys_without_flags(environment: str) -> None:
    deploy = CONFIG[environment]["deploy"]["parameters"]
    assert deploy["resolve_s3"]
    assert deploy["capabilities"] == "CAPABILITY_IAM"


def overrides(environment: str) -> dict[str, str]:
    text = CONFIG[environment]["deploy"]["parameters"].get("parameter_overrides", "")
    return dict(each.split("=", 1) for each in shlex.split(text))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_parameters_are_the_templates(environment: str) -> None:
    assert overrides(environment).keys() <= TEMPLATE["Parameters"].keys()


def test_environments_can_share_an_account() -> None:
    stacks = [CONFIG[each]["global"]["parameters"]["stack_name"] for each in ENVIRONMENTS]
    default = TEMPLATE["Parameters"]["EndpointPrefix"]["Default"]
    prefixes = [overrides(each).get("EndpointPrefix", default) for each in ENVIRONMENTS]
    assert stacks[0] == DEFAULT_STACK
    assert len(set(stacks)) == len(stacks)
    # The policies match <prefix>-*, so no prefix may be the start of another.
    assert not [a for a in prefixes for b in prefixes if a != b and f"{b}-".startswith(f"{a}-")]


def test_synced_code_goes_where_deployed_code_goes() -> None:
    dev = CONFIG["dev"]
    keys = ("parameter_overrides",)
    assert [dev["sync"]["parameters"][key] for key in keys] == [
        dev["deploy"]["parameters"][key] for key in keys
    ]
