"""The CPU test of a stack runs before SageMaker has any resource of the version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from onnx import helper

from modeldrop.local import cloud as embedded
from modeldrop.local.ministack.injected_faults import LambdaFault
from tests import onnx_models
from tests.workflow.conftest import SETTINGS
from tests.workflow.drops import Cloud, content_of, summary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def testing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A stack with CPU tests."""
    parameters = {**SETTINGS.parameters, "CpuTest": "onnx"}
    settings = SETTINGS.model_copy(update={"parameters": parameters})
    with embedded.running(tmp_path_factory.mktemp("testing"), settings) as running:
        yield Cloud.of(running)


def open_linear() -> Any:
    """Return `onnx_models.linear()` without dims for the output."""
    proto = onnx_models.linear()
    proto.graph.output[0].CopyFrom(onnx_models.tensor("y", ["batch", "n"]))
    return proto


def test_wrong_dims_are_rejected_and_the_lines_of_the_fix_deploy(
    testing: Cloud, name: str, tmp_path: Path
) -> None:
    model, spec = tmp_path / "model.onnx", tmp_path / "deploy.yaml"
    (tmp_path / "model.onnx.data").write_bytes(onnx_models.weights_of(open_linear()))
    proto = onnx_models.with_external_weights(open_linear())
    model.write_bytes(proto.SerializeToString())
    spec.write_text("outputs:\n  - {name: y, dtype: FP32, dims: [5]}\n")

    rejected = testing.drop(name, model, spec=spec)

    assert rejected.execution_status == "FAILED", summary(rejected)
    content = content_of(rejected)
    assert (content["failed_state"], content["error"]) == ("Run Model", "ModelRejected")
    assert "The output y has the dims [3], but its declared dims are [5]." in content["cause"]
    assert testing.left_of(name) == []
    assert "Create Model" not in testing.states_of(rejected)

    spec.write_text(content["fix"].partition("\n")[2])
    deployed = testing.drop(name, model, spec=spec)

    assert deployed.execution_status == "SUCCEEDED", summary(deployed)
    content = content_of(deployed)
    assert content["smoke"]["checks"][0].startswith("ran once on CPU before the endpoint, with")
    assert content["warnings"] == content["recovered_errors"] == []


def test_nan_is_rejected(testing: Cloud, name: str, tmp_path: Path) -> None:
    proto = onnx_models.model(
        [
            helper.make_node("Sub", ["x", "x"], ["zero"]),
            helper.make_node("Div", ["zero", "zero"], ["y"]),
        ],
        [onnx_models.tensor("x", ["batch", 2])],
        [onnx_models.tensor("y", ["batch", 2])],
        [],
    )
    model = tmp_path / "model.onnx"
    model.write_bytes(onnx_models.content(proto))

    rejected = content_of(testing.drop(name, model))

    assert (rejected["failed_state"], rejected["error"]) == ("Run Model", "ModelRejected")
    assert "2 of the 2 values of the output y are NaN or infinite" in rejected["cause"]
    assert testing.left_of(name) == []


def test_deployment_continues_if_the_function_fails(
    testing: Cloud, name: str, tmp_path: Path
) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(onnx_models.content(onnx_models.linear()))
    testing.emulator_faults.add(
        LambdaFault(
            kind="crash_before",
            function_contains="RunModelFunction",
            payload_contains=name,
            times=2,
        )
    )

    outcome = testing.drop(name, model)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    recovered = content_of(outcome)["recovered_errors"]
    assert [(each["state"], each["error"]) for each in recovered] == [
        ("Run Model", "Runtime.ExitError")
    ]
    assert testing.failed_attempts(outcome, "Run Model") == ["Runtime.ExitError"] * 2


def test_role_may_only_write_the_log(testing: Cloud) -> None:
    iam = testing.client("iam")
    roles = [each["RoleName"] for each in iam.list_roles()["Roles"]]
    (role,) = (each for each in roles if "RunModelFunctionRole" in each)
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["AWSLambdaBasicExecutionRole"]


def test_stack_without_cpu_tests_has_no_function_for_them(cloud: Cloud) -> None:
    functions = cloud.client("lambda").get_paginator("list_functions").paginate()
    names = [each["FunctionName"] for page in functions for each in page["Functions"]]
    assert any("InspectModelFunction" in each for each in names)
    assert not any("RunModelFunction" in each for each in names)
