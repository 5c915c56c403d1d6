"""AWS's limits are in one table that agrees with botocore, and no other file repeats them.

The template stays within the limits of a stack.
"""

from __future__ import annotations

import ast
import json
import operator
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from model_packager import aws_limits
from model_packager.aws_limits import LIMITS, Limit
from model_packager.formats.triton_repository.repository_files import MAX_CONFIG_BYTES
from model_packager.names.drop import SPEC_FILE
from model_packager.sagemaker.deployment_guardrails import alarm_names
from model_packager.spec.sidecar_file import LIMIT_BYTES
from scripts.write_limits_page import PAGE, page
from tests.consistency.asl import MACHINES, ROOT, TEMPLATE
from tests.consistency.test_service_authorization import STATEMENTS

SESSION = botocore.session.get_session()
IN_BOTOCORE = [name for name, each in LIMITS.items() if each.shape]
PARAMETERS, RESOURCES = TEMPLATE["Parameters"], TEMPLATE["Resources"]
FUNCTIONS = {
    name: each["Properties"]
    for name, each in RESOURCES.items()
    if each["Type"] == "AWS::Serverless::Function"
}
GLOBAL = TEMPLATE["Globals"]["Function"]


@pytest.mark.parametrize("name", IN_BOTOCORE)
def test_botocore_has_the_same_limit(name: str) -> None:
    limit = LIMITS[name]
    service, _, shape = limit.shape.partition(":")
    metadata = SESSION.get_service_model(service).shape_for(shape).metadata
    assert (metadata["max"], metadata.get("min", 0)) == (limit.value, limit.least)


@pytest.mark.parametrize("name", LIMITS)
def test_limit_names_its_source(name: str) -> None:
    limit = LIMITS[name]
    assert re.match(r"https://(docs\.)?aws\.amazon\.com/", limit.source)
    assert 0 <= limit.least < limit.value


def test_page_is_current() -> None:
    assert PAGE.read_text() == page(), "make pages"


def test_every_limit_is_used() -> None:
    """Code or a test uses every limit."""
    files = [each for each in sources() if each.name != "aws_limits.py"]
    used = set(re.findall(r"\b[A-Z][A-Z_]+\b", "".join(each.read_text() for each in files)))
    assert LIMITS.keys() <= used


# Numbers with other meanings, such as seconds of an hour, KiB, percentages and counts.
COMMON = {2, 5, 10, 15, 16, 50, 60, 64, 80, 99, 100, 128, 180, 200, 255, 256, 500, 900}
COMMON |= {1000, 1024, 1440, 3600, 4096, 10_000, 1024**2}
DISTINCTIVE = {each.value: name for name, each in LIMITS.items() if each.value not in COMMON}
DISTINCTIVE |= {aws_limits.PART_BYTES.least: "PART_BYTES.least"}
OWN = {
    "benchmarks/s3_stand_in/server.py": "reads its requests in blocks",
    "model_packager/formats/file_kind.py": "unpacks the start of a file",
    "model_packager/formats/python/format.py": "limits model.py",
    "model_packager/formats/torchscript/archive.py": "limits the trace to read",
}
"""Files that have an equal number with another meaning."""
FOLDERS = ("benchmarks", "functions", "model_client", "model_packager", "modeldrop", "scripts")
OPERATORS: dict[type, Callable[[int, int], int]] = {
    ast.Mult: operator.mul,
    ast.LShift: operator.lshift,
    ast.Pow: lambda base, exponent: base**exponent if exponent < 64 else 0,
}


def sources() -> Iterator[Path]:
    for folder in (*FOLDERS, "tests"):
        yield from (ROOT / folder).rglob("*.py")


def number(node: ast.AST) -> int | None:
    """Return the value of a literal, or of a product or power of literals."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = number(node.left), number(node.right)
        if left is not None and right is not None and right >= 0:
            return OPERATORS[type(node.op)](left, right)
    return None


def numbers(node: ast.AST) -> Iterator[int]:
    """Yield the largest expressions of literals in a tree."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        value = number(node)
        if value is not None:
            yield value
        else:
            waiting.extend(ast.iter_child_nodes(node))


def repeated(text: str) -> set[str]:
    return {DISTINCTIVE[each] for each in numbers(ast.parse(text)) if each in DISTINCTIVE}


def test_no_other_file_repeats_a_limit() -> None:
    """Tests may repeat a number, which they do on purpose."""
    found = {}
    for file in sources():
        path = file.relative_to(ROOT).as_posix()
        code = not path.startswith("tests/") and path != "model_packager/aws_limits.py"
        if code and (names := repeated(file.read_text())):
            found[path] = names
    assert found.keys() == OWN.keys(), found


@pytest.mark.parametrize("text", ["a = 25_000", "f(256 * 1024)", "x[: 5 * 1024**3]", "8 * 3600"])
def test_repeated_number_is_found(text: str) -> None:
    assert repeated(text)


@pytest.mark.parametrize("text", ["a = 2**63", "a = 250, 1024 * 1024", "a = True"])
def test_other_number_is_not_found(text: str) -> None:
    assert not repeated(text)


@pytest.mark.parametrize("role", sorted({permission.who for permission, _ in STATEMENTS}))
def test_inline_policies_of_a_role_fit(role: str) -> None:
    """A quarter of the limit is left for longer names than in this test."""
    policies = [statement for permission, (_, statement, _) in STATEMENTS if permission.who == role]
    size = len(re.sub(r"\s", "", json.dumps(policies)))
    assert size < aws_limits.ROLE_POLICY.value * 0.75


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_fit_lambda(name: str) -> None:
    own = FUNCTIONS[name]
    assert len(own.get("Layers", GLOBAL.get("Layers", []))) <= aws_limits.LAMBDA_LAYERS.value
    assert own.get("Timeout", GLOBAL["Timeout"]) <= aws_limits.LAMBDA_TIMEOUT_SECONDS.value
    variables = {
        **GLOBAL.get("Environment", {}).get("Variables", {}),
        **own.get("Environment", {}).get("Variables", {}),
    }
    size = sum(len(key) + max_characters(value) for key, value in variables.items())
    assert size <= aws_limits.LAMBDA_ENVIRONMENT_BYTES.value


LONGEST_ITEM = {"SubnetIds": 24 + 1, "SecurityGroupIds": 20 + 1}
"""The characters of an ID with 17 hexadecimal digits and a comma."""
LONGEST_NAME = 128
"""The characters of a stack's name, or of an ARN of this stack."""


def max_characters(value: Any) -> int:
    """Return the maximum length of an environment variable's value."""
    if not isinstance(value, dict):
        return len(str(value))
    name = value.get("Ref", "")
    parameter = PARAMETERS.get(name, {})
    if name in LONGEST_ITEM:
        most = {"SubnetIds": aws_limits.SUBNETS, "SecurityGroupIds": aws_limits.SECURITY_GROUPS}
        return LONGEST_ITEM[name] * most[name].value
    if "AllowedValues" in parameter:
        return max(len(str(each)) for each in parameter["AllowedValues"])
    if "MaxValue" in parameter:
        return len(str(parameter["MaxValue"]))
    return int(parameter.get("MaxLength", LONGEST_NAME))


def test_template_fits_cloudformation() -> None:
    assert len(PARAMETERS) <= aws_limits.STACK_PARAMETERS.value
    # SAM adds a role and the resources for events to each function.
    assert len(RESOURCES) + 2 * len(FUNCTIONS) <= aws_limits.STACK_RESOURCES.value
    assert len(TEMPLATE["Outputs"]) <= aws_limits.STACK_OUTPUTS.value
    assert (ROOT / "template.yaml").stat().st_size <= aws_limits.TEMPLATE_BYTES.value


@pytest.mark.parametrize("machine", MACHINES)
def test_definition_fits_step_functions(machine: str) -> None:
    size = (ROOT / "statemachine" / f"{machine}.asl.json").stat().st_size
    assert size <= aws_limits.DEFINITION_BYTES.value


@pytest.mark.parametrize(
    ("name", "limit", "item"),
    [
        ("SubnetIds", aws_limits.SUBNETS, "subnet-{:x}"),
        ("SecurityGroupIds", aws_limits.SECURITY_GROUPS, "sg-{:x}"),
        ("ResourceTags", Limit("", "", aws_limits.TAGS.value - 10, ""), "key{}=value"),
    ],
)
def test_parameter_accepts_as_many_as_sagemaker(name: str, limit: Limit, item: str) -> None:
    pattern = PARAMETERS[name]["AllowedPattern"]
    assert re.fullmatch(pattern, ",".join(item.format(i) for i in range(limit.value)))
    assert not re.fullmatch(pattern, ",".join(item.format(i) for i in range(limit.value + 1)))


def test_idle_hours_fit_one_response_of_cloudwatch() -> None:
    assert PARAMETERS["IdleHours"]["MaxValue"] <= aws_limits.DATAPOINTS.value


def test_role_names_fit() -> None:
    """Names that CloudFormation generates fit; names in the template must fit, too."""
    names = [each.get("Properties", {}).get("RoleName", "") for each in RESOURCES.values()]
    assert all(len(str(each)) <= aws_limits.ROLE_NAME.value for each in names)


def test_state_data_has_room_for_the_largest_spec_and_config() -> None:
    largest = LIMIT_BYTES[SPEC_FILE] + MAX_CONFIG_BYTES
    assert largest <= aws_limits.STATE_DATA_BYTES.value * 0.75


def test_one_type_of_the_spec_serves_two_timeouts() -> None:
    download, startup = aws_limits.MODEL_DOWNLOAD_SECONDS, aws_limits.STARTUP_SECONDS
    assert (download.least, download.value) == (startup.least, startup.value)


def test_rollout_has_no_more_alarms_than_sagemaker_accepts() -> None:
    assert len(alarm_names("modeldrop-resnet")) <= aws_limits.ROLLBACK_ALARMS.value


def test_smaller_of_two_documented_payload_sizes_is_used() -> None:
    assert aws_limits.INVOCATION_BYTES.value < aws_limits.INVOCATION_FAQ_BYTES.value
