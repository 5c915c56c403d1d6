"""The documentation matches the code."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from model_packager.sagemaker.triton_image import newest_release
from model_packager.spec.deploy_spec import parse_deploy_spec
from model_packager.status import Status
from model_packager.stored import SmokeResult
from modeldrop.dropping.offline_inspection import DEFAULT_INSTANCE_COUNT, DEFAULT_INSTANCE_TYPE
from publish_batch.notification import BatchNotification
from publish_result.notification import Notification
from publish_retirement.notification import RetirementNotification
from scripts.write_notifications_page import documented_fields
from tests.consistency.asl import ROOT, TEMPLATE
from workflow.contracts.batch_transform import BatchStatus
from workflow.contracts.retire_model import RetirementReason, RetirementStatus

README = (ROOT / "README.md").read_text()
DROPPING_PAGE = (ROOT / "docs" / "dropping.md").read_text()
SPEC_PAGE = (ROOT / "docs" / "spec.md").read_text()


def yaml_block(text: str) -> dict[str, Any]:
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found
    block: dict[str, Any] = yaml.safe_load(found[1])
    return block


@pytest.mark.parametrize("page", [DROPPING_PAGE, SPEC_PAGE], ids=["dropping.md", "spec.md"])
def test_shown_spec_is_accepted(page: str) -> None:
    parse_deploy_spec(yaml.safe_dump(yaml_block(page)), origin="the page")


@pytest.mark.parametrize(
    "contract", [Notification, SmokeResult, BatchNotification, RetirementNotification]
)
def test_every_key_of_the_notifications_is_described(contract: type[BaseModel]) -> None:
    assert documented_fields(contract).keys() == contract.model_fields.keys()


def test_every_value_of_status_and_reason_is_described() -> None:
    contracts = (Notification, BatchNotification, RetirementNotification)
    described = [documented_fields(each) for each in contracts]
    text = " ".join(each[key] for each in described for key in ("status", "reason") if key in each)
    kinds = (Status, BatchStatus, RetirementStatus, RetirementReason)
    values = [each.value for kind in kinds for each in kind]
    assert set(re.findall(r"`([A-Z_]+)`", text)) == set(values)


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= 900


def test_page_of_operating_has_every_reason_and_parameter() -> None:
    page = (ROOT / "docs" / "operating.md").read_text()
    table = page.partition("## Retiring")[2].partition("|---|")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([A-Z_]+)`", table)) == {each.value for each in RetirementReason}
    for name in ("RetireOnDelete", "IdleHours", "IdleAction"):
        assert name in TEMPLATE["Parameters"]
        assert f"`{name}" in table


def test_defaults_agree() -> None:
    parameters = TEMPLATE["Parameters"]
    assert parameters["TritonRelease"]["Default"] == newest_release()
    assert parameters["InstanceType"]["Default"] == DEFAULT_INSTANCE_TYPE
    assert parameters["InstanceCount"]["Default"] == DEFAULT_INSTANCE_COUNT


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page: str) -> None:
    file = ROOT / page
    for link in re.findall(r"\]\((?!http|\.\./\.\./actions/)([^)]+)\)", file.read_text()):
        path, _, anchor = link.partition("#")
        target = file.parent / path if path else file
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = [re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings]
    return {
        slug if count == 0 else f"{slug}-{count}"
        for slug, count in ((slug, slugs[:at].count(slug)) for at, slug in enumerate(slugs))
    }


def test_every_difference_of_the_embedded_cloud_has_a_guard_that_exists() -> None:
    page = (ROOT / "docs" / "embedded-cloud.md").read_text()
    table = page.partition("## What it does not prove")[2].partition("|---|---|\n")[2]
    rows = [line.split(" | ") for line in table.strip().splitlines()]
    assert rows
    for difference, guard in rows:
        files = re.findall(r"`(tests/[\w/]+\.py)`", guard)
        assert files or "on AWS, Smoke Test" in guard, difference
        assert [each for each in files if not (ROOT / each).is_file()] == []
