from __future__ import annotations

import threading

import pytest
from pydantic import ValidationError

from modeldrop.local.sagemaker.errors import ApiError
from modeldrop.local.sagemaker.faults import (
    FAULTS,
    ActiveFaults,
    ApiFault,
    EndpointFault,
    Fault,
    RequestFaults,
    TransformFault,
    wait_out,
)

TYPES = ["ml.g4dn.xlarge"]


def test_api_fault_applies_to_its_operation_and_name_the_configured_number_of_times() -> None:
    faults = ActiveFaults()
    faults.add([ApiFault(operation="CreateModel", name_contains="resnet", times=2)])
    faults.raise_api_fault("CreateModel", ["vgg"])
    faults.raise_api_fault("CreateEndpoint", ["resnet"])
    for _ in range(2):
        with pytest.raises(ApiError) as caught:
            faults.raise_api_fault("CreateModel", ["my-resnet-1"])
        assert (caught.value.code, caught.value.message) == ("ThrottlingException", "Rate exceeded")
    faults.raise_api_fault("CreateModel", ["my-resnet-1"])
    assert faults.clear() == []


def test_an_answer_is_lost_after_the_call_was_served() -> None:
    faults = ActiveFaults()
    lost = ApiFault(operation="CreateModel", after=True)
    faults.add([lost])
    faults.raise_api_fault("CreateModel", ["resnet"])
    with pytest.raises(ApiError):
        faults.raise_api_fault("CreateModel", ["resnet"], after=True)
    faults.add([lost])
    assert faults.clear() == [lost]


def test_an_endpoint_fault_hits_the_transitions_it_is_for() -> None:
    faults = ActiveFaults()
    faults.add([EndpointFault(kind="roll_back", endpoint_contains="resnet")])
    assert faults.take_transition_fault("resnet", "create", TYPES) is None
    assert faults.take_transition_fault("vgg", "update", TYPES) is None
    taken = faults.take_transition_fault("resnet", "update", TYPES)
    assert taken is not None
    assert taken[0].kind == "roll_back"
    assert faults.take_transition_fault("resnet", "update", TYPES) is None


def test_slow_response_does_not_affect_transitions() -> None:
    faults = ActiveFaults()
    faults.add([EndpointFault(kind="slow_response", seconds=0.5, times=None)])
    assert faults.take_transition_fault("resnet", "create", TYPES) is None
    taken = [faults.take_invocation_faults("resnet", "resnet-1") for _ in range(3)]
    slow = [each.slow_response for each in taken]
    assert [each and each[0].seconds for each in slow] == [0.5, 0.5, 0.5]


def test_invocations_of_one_fleet_are_slow_and_fail() -> None:
    faults = ActiveFaults()
    slow = EndpointFault(kind="slow_response", seconds=1, config_contains="-2")
    failing = EndpointFault(kind="server_error", config_contains="-2", times=None)
    faults.add([slow, failing])
    assert faults.take_invocation_faults("resnet", "resnet-1") == RequestFaults()
    first = faults.take_invocation_faults("resnet", "resnet-2")
    assert first.slow_response is not None
    assert (first.slow_response[0], first.error) == (slow, "Internal Server Error")
    second = faults.take_invocation_faults("resnet", "resnet-2")
    assert second == RequestFaults(error="Internal Server Error")


def test_one_instance_type_is_short_and_the_next_is_not() -> None:
    faults = ActiveFaults()
    faults.add([EndpointFault(kind="insufficient_capacity", instance_type="ml.g5.xlarge")])
    assert faults.take_transition_fault("resnet", "create", TYPES) is None
    assert faults.take_transition_fault("resnet", "create", ["ml.g5.xlarge"]) is not None


def test_limit_of_memory_stays_until_it_is_cleared() -> None:
    faults = ActiveFaults()
    faults.add([EndpointFault(kind="model_memory", endpoint_contains="several", bytes=100)])
    assert faults.take_transition_fault("several", "create", TYPES) is None
    assert [faults.model_memory("several") for _ in range(2)] == [100, 100]
    assert faults.model_memory("other") is None
    faults.clear("several")
    assert faults.model_memory("several") is None


def test_clearing_by_name_releases_hanging_endpoints() -> None:
    faults = ActiveFaults()
    faults.add(
        [
            EndpointFault(kind="hang", endpoint_contains="resnet"),
            ApiFault(operation="CreateModel", name_contains="vgg"),
        ]
    )
    taken = faults.take_transition_fault("resnet", "create", TYPES)
    assert taken is not None
    faults.clear("vgg")
    assert not taken[1].is_set()
    faults.raise_api_fault("CreateModel", ["vgg"])
    faults.clear()
    assert taken[1].is_set()


def test_faults_are_typed() -> None:
    text = '[{"operation": "CreateModel", "times": 2}, {"kind": "hang", "seconds": 3}]'
    assert FAULTS.validate_json(text) == [
        ApiFault(operation="CreateModel", times=2),
        EndpointFault(kind="hang", seconds=3),
    ]
    with pytest.raises(ValidationError, match="sulk"):
        FAULTS.validate_json('[{"kind": "sulk"}]')


def test_fault_of_a_transform_job_is_for_its_start_or_its_requests() -> None:
    faults = ActiveFaults()
    start = TransformFault(kind="fail", job_contains="resnet", instance_type="ml.m5.large")
    error = TransformFault(
        kind="server_error", job_contains="resnet", object_contains="/b", reason="down"
    )
    faults.add([start, error])
    assert faults.take_transition_fault("resnet", "create", TYPES) is None
    assert faults.take_start_fault("vgg", "ml.m5.large") is None
    assert faults.take_start_fault("resnet", "ml.c5.large") is None
    taken = faults.take_start_fault("my-resnet", "ml.m5.large")
    assert taken is not None
    assert taken[0] == start
    assert faults.take_start_fault("my-resnet", "ml.m5.large") is None
    assert faults.take_record_faults("resnet", "in/a") == RequestFaults()
    assert faults.take_record_faults("resnet", "in/b") == RequestFaults(error="down")
    assert faults.take_record_faults("resnet", "in/b") == RequestFaults()
    faults.add([start])
    assert faults.clear("vgg") == []
    assert faults.clear("resnet") == [start]


def test_faults_keep_their_class_on_the_way() -> None:
    faults: list[Fault] = [
        TransformFault(kind="fail"),
        EndpointFault(kind="fail"),
        ApiFault(operation="x"),
    ]
    assert FAULTS.validate_json(FAULTS.dump_json(faults)) == faults


def test_hang_lasts_until_it_is_cleared_or_the_owner_stops() -> None:
    cleared, stopping = threading.Event(), threading.Event()
    hang = TransformFault(kind="hang")
    cleared.set()
    assert wait_out(hang, cleared, stopping)
    stopping.set()
    assert not wait_out(hang, threading.Event(), stopping)
    assert wait_out(TransformFault(kind="fail"), threading.Event(), stopping)
