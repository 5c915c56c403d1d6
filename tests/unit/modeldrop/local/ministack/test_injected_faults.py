from __future__ import annotations

import pytest
from pydantic import ValidationError

from modeldrop.local.ministack.injected_faults import (
    EXECUTION_FAULTS,
    FAULTS,
    INVOKE_ERRORS,
    ActiveEmulatorFaults,
    AwsFault,
    LambdaFault,
)


def test_lambda_fault_applies_to_its_function_and_event_the_configured_number_of_times() -> None:
    faults = ActiveEmulatorFaults()
    fault = LambdaFault(
        function_contains="CreateModel", payload_contains="resnet", kind="crash_after", times=2
    )
    faults.add([fault])
    assert (
        faults.take_lambda_fault(EXECUTION_FAULTS, "f-CreateModelFunction", '{"model": "vgg"}')
        is None
    )
    assert (
        faults.take_lambda_fault(EXECUTION_FAULTS, "f-RollBackFunction", '{"model": "resnet"}')
        is None
    )
    assert faults.take_lambda_fault(INVOKE_ERRORS, "f-CreateModelFunction", "resnet") is None
    taken = [
        faults.take_lambda_fault(EXECUTION_FAULTS, "f-CreateModelFunction", "resnet")
        for _ in range(3)
    ]
    assert taken == [fault, fault, None]


def test_an_aws_fault_hits_its_operation_request_and_caller() -> None:
    faults = ActiveEmulatorFaults()
    fault = AwsFault(
        service="s3", operation="GetObject", contains="a/model.pt", caller_contains="Inspect"
    )
    faults.add([fault])

    def taken(service: str, operation: str, request: str, caller: str) -> AwsFault | None:
        return faults.take_aws_fault(service, operation, lambda: request, lambda: caller)

    assert taken("s3", "PutObject", "/a/model.pt", "Inspect") is None
    assert taken("sns", "GetObject", "/a/model.pt", "Inspect") is None
    assert taken("s3", "GetObject", "/b/model.pt", "Inspect") is None
    assert taken("s3", "GetObject", "/a/model.pt", "Package") is None
    assert taken("s3", "GetObject", "/a/model.pt", "InspectModel") == fault
    assert taken("s3", "GetObject", "/a/model.pt", "InspectModel") is None


def test_request_and_caller_are_not_looked_up_for_another_operation() -> None:
    faults = ActiveEmulatorFaults()
    faults.add(
        [AwsFault(service="s3", operation="GetObject", contains="a", caller_contains="Inspect")]
    )

    def fail() -> str:
        raise AssertionError("looked up")

    assert faults.take_aws_fault("s3", "PutObject", fail, fail) is None
    with pytest.raises(AssertionError, match="looked up"):
        faults.take_aws_fault("s3", "GetObject", fail, fail)


def test_faults_apply_in_the_order_in_which_they_were_added() -> None:
    faults = ActiveEmulatorFaults()
    first, second = LambdaFault(kind="throttle"), LambdaFault(kind="service_error")
    faults.add([first])
    faults.add([second])
    assert [faults.take_lambda_fault(INVOKE_ERRORS, "f", "") for _ in range(3)] == [
        first,
        second,
        None,
    ]


def test_a_fault_without_number_lasts_until_it_is_cleared_by_name() -> None:
    faults = ActiveEmulatorFaults()
    faults.add([LambdaFault(kind="throttle", payload_contains="resnet", times=None)])
    assert all(faults.take_lambda_fault(INVOKE_ERRORS, "f", "resnet") for _ in range(9))
    faults.clear("vgg")
    assert faults.take_lambda_fault(INVOKE_ERRORS, "f", "resnet")
    faults.clear("resnet")
    assert faults.take_lambda_fault(INVOKE_ERRORS, "f", "resnet") is None


def test_faults_are_typed() -> None:
    text = '[{"kind": "throttle"}, {"service": "sns", "operation": "Publish", "after": true}]'
    assert FAULTS.validate_json(text) == [
        LambdaFault(kind="throttle"),
        AwsFault(service="sns", operation="Publish", after=True),
    ]
    with pytest.raises(ValidationError, match="sulk"):
        FAULTS.validate_json('[{"kind": "sulk"}]')
