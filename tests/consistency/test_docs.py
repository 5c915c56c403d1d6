"""The documentation says what the code does."""

import re
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from model_packager.deploy_spec import DeploySpec, parse_deploy_spec
from model_packager.hosting_spec import Endpoint
from model_packager.load_profile import LoadProfile
from model_packager.operation_spec import Autoscaling, Rollout
from model_packager.smoke_test_spec import Picture, SmokeTest
from model_packager.triton_image import newest_release
from model_packager.triton_spec import (
    DynamicBatching,
    InstanceGroup,
    ModelWarmup,
    PytorchBackend,
    TensorSpec,
)
from modeldrop.verdict import DEFAULT_INSTANCE_COUNT, DEFAULT_INSTANCE_TYPE
from publish_result.notification import Notification
from publish_retirement.notification import RetirementNotification
from tests.consistency.asl import ROOT, TEMPLATE
from workflow.contracts import RetirementReason, RetirementStatus, SmokeResult, Status

README = (ROOT / "README.md").read_text()
SPEC_PAGE = (ROOT / "docs" / "spec.md").read_text()


def yaml_block(text: str) -> dict[str, Any]:
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found
    block: dict[str, Any] = yaml.safe_load(found[1])
    return block


@pytest.mark.parametrize("page", [README, SPEC_PAGE], ids=["README.md", "docs/spec.md"])
def test_shown_spec_is_accepted(page: str) -> None:
    parse_deploy_spec(yaml.safe_dump(yaml_block(page)), origin="the page")


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ((), DeploySpec),
        (("inputs", 0), TensorSpec),
        (("dynamic_batching",), DynamicBatching),
        (("instance_group",), InstanceGroup),
        (("model_warmup",), ModelWarmup),
        (("pytorch_backend",), PytorchBackend),
        (("endpoint",), Endpoint),
        (("rollout",), Rollout),
        (("autoscaling",), Autoscaling),
        (("smoke_test",), SmokeTest),
        (("smoke_test", "load"), LoadProfile),
        (("smoke_test", "picture"), Picture),
    ],
)
def test_spec_page_has_every_key_with_its_default(
    path: tuple[str | int, ...], model: type[BaseModel]
) -> None:
    shown: Any = yaml_block(SPEC_PAGE)
    for step in path:
        shown = shown[step]
    assert list(shown) == list(model.model_fields)
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        simple = default is not None and not isinstance(default, BaseModel)
        if simple and not field.is_required():
            assert shown[name] == (list(default) if isinstance(default, tuple) else default)


def test_readme_lists_the_keys_of_the_notifications() -> None:
    table = README.partition("## The notification")[2].partition("## ")[0]
    named = set(re.findall(r"`([a-z_0-9]+)`", table))
    assert set(Notification.model_fields) | set(RetirementNotification.model_fields) <= named
    shown_of_smoke = set(SmokeResult.model_fields) & named
    assert shown_of_smoke >= {"passed", "requests", "p50_ms", "p95_ms", "output_shapes", "golden"}
    values = [each.value for kind in (Status, RetirementStatus, RetirementReason) for each in kind]
    assert set(re.findall(r"`([A-Z_]+)`", table)) == set(values)


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
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", file.read_text()):
        assert (file.parent / target).exists(), target
