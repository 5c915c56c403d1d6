"""docs/aws-account.md lists the resources and the parameters of the template."""

import re

import pytest

from tests.consistency.asl import RESOURCES, ROOT, TEMPLATE

PAGE = (ROOT / "docs" / "aws-account.md").read_text()
DEPLOYER = PAGE.partition("## Permissions to deploy the stack")[2].partition("\n## ")[0]
COSTS = PAGE.partition("## Costs")[2].partition("\n## ")[0]


@pytest.mark.parametrize("kind", sorted({each["Type"] for each in RESOURCES.values()}))
def test_every_type_lists_what_its_deployment_needs(kind: str) -> None:
    rows = [line for line in DEPLOYER.splitlines() if f"`{kind}`" in line.partition(" | ")[0]]
    assert len(rows) == 1


def test_names_of_parameters_and_outputs_are_the_templates() -> None:
    known = TEMPLATE["Parameters"].keys() | TEMPLATE["Outputs"].keys() | RESOURCES.keys()
    placeholders = {"QuotaCode"}
    named = set(re.findall(r"<([A-Z]\w+)>", PAGE)) - placeholders
    assert named <= known
    for name in ("InstanceType", "EndpointPrefix", "TritonRelease", "PermissionsBoundaryArn"):
        assert f"`{name}`" in PAGE
        assert name in known


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_the_arithmetic_of_instances_is_right() -> None:
    times = "\N{MULTIPLICATION SIGN}"
    rows = re.findall(
        rf"\| ([\d.]+)(?: an hour)? {times} (\d+) h(?: {times} (\d+))?(?:, once)? \| ([\d,.]*\d)",
        COSTS,
    )
    assert len(rows) == 4
    for price, hours, instances, total in rows:
        product = number(price) * number(hours) * number(instances or "1")
        assert number(total) == pytest.approx(product, abs=0.006)
