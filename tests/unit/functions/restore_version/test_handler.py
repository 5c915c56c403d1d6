from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.rejection import ModelRejected, SpecRejected
from restore_version.handler import handler
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import (
    ARTIFACTS,
    DEPLOYMENT,
    LATER,
    OTHER_EXECUTION,
    VERSION,
    source,
)
from workflow.contracts.deploy_model import RestoreVersionOutput
from workflow.versions.deployment_record import write_record

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@pytest.fixture(autouse=True)
def _record(buckets: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    monkeypatch.setenv("ALLOWED_INSTANCE_TYPES", "ml.c5.large,ml.g4dn.xlarge")
    monkeypatch.setenv("MAX_INSTANCES", "6")
    monkeypatch.setenv("ALLOW_NETWORK_ACCESS", "false")
    write_record(ARTIFACTS, record())


def event(version: str = VERSION, key: str = "team/resnet/model.pt") -> dict[str, Any]:
    return {
        "source": source("of-the-newest-drop", key).model_dump(),
        "version": version,
        "execution_arn": OTHER_EXECUTION,
    }


def test_restored_version_is_unchanged_and_owned_by_this_execution(context: LambdaContext) -> None:
    found = RestoreVersionOutput.model_validate(handler(event(), context))
    assert found.deployment == DEPLOYMENT.model_copy(update={"execution_arn": OTHER_EXECUTION})
    then = record()
    for field in RestoreVersionOutput.model_fields.keys() - {"deployment"}:
        assert getattr(found, field) == getattr(then, field), field


@pytest.mark.parametrize(
    ("version", "key", "model"),
    [(LATER, "resnet/model.pt", "resnet"), (VERSION, "vgg/model.pt", "vgg")],
)
def test_version_without_a_record_is_refused(
    context: LambdaContext, version: str, key: str, model: str
) -> None:
    with pytest.raises(ModelRejected) as refused:
        handler(event(version, key), context)
    assert refused.value.cause.startswith(f"Version {version} of {model} never went live")
    assert f"modeldrop history {model}" in refused.value.fix


@pytest.mark.parametrize(
    ("parameter", "value", "cause"),
    [
        (
            "ALLOWED_INSTANCE_TYPES",
            "ml.c5.large",
            "does not allow the instance type ml.g4dn.xlarge",
        ),
        (
            "MAX_INSTANCES",
            "0",
            "MaxInstances of the stack is 0, but the stack's parameter InstanceCount",
        ),
    ],
)
def test_version_above_the_limits_of_the_stack_is_refused(
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    parameter: str,
    value: str,
    cause: str,
) -> None:
    monkeypatch.setenv(parameter, value)
    with pytest.raises(SpecRejected) as refused:
        handler(event(), context)
    assert refused.value.cause.startswith(f"Version {VERSION} exceeds the limits of the stack. ")
    assert cause in refused.value.cause
    assert refused.value.fix.startswith("Restore another version, upload the model")


def test_limits_of_the_stack_do_not_apply_to_a_version_in_a_pool(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version changes no instances. The pool may have changed since the version was dropped."""
    deployment = DEPLOYMENT.model_copy(update={"pool": "small"})
    write_record(ARTIFACTS, record().model_copy(update={"deployment": deployment}))
    monkeypatch.setenv("ALLOWED_INSTANCE_TYPES", "ml.c5.large")
    assert handler(event(), context)["deployment"]["pool"] == "small"


@pytest.mark.parametrize("allowed", [True, False])
def test_version_with_network_access_is_refused_unless_the_stack_allows_it(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, *, allowed: bool
) -> None:
    then = record()
    hosting = then.servable.hosting.model_copy(update={"network_isolation": False})
    servable = then.servable.model_copy(update={"hosting": hosting})
    write_record(ARTIFACTS, then.model_copy(update={"servable": servable}))
    monkeypatch.setenv("ALLOW_NETWORK_ACCESS", str(allowed).lower())
    if allowed:
        assert not handler(event(), context)["servable"]["hosting"]["network_isolation"]
        return
    with pytest.raises(SpecRejected, match="has network access, which the stack does not allow"):
        handler(event(), context)
