from __future__ import annotations

import pytest
from pydantic import ValidationError

from modeldrop.local.sagemaker.errors import ApiError
from modeldrop.local.sagemaker.faults import FAULTS, ApiFault, EndpointFault, FaultBook


def test_an_api_fault_hits_its_operation_and_name_as_often_as_it_says() -> None:
    book = FaultBook()
    book.add([ApiFault(operation="CreateModel", name_contains="resnet", times=2)])
    book.raise_api_fault("CreateModel", ["vgg"])
    book.raise_api_fault("CreateEndpoint", ["resnet"])
    for _ in range(2):
        with pytest.raises(ApiError) as caught:
            book.raise_api_fault("CreateModel", ["my-resnet-1"])
        assert (caught.value.code, caught.value.message) == ("ThrottlingException", "Rate exceeded")
    book.raise_api_fault("CreateModel", ["my-resnet-1"])


def test_an_endpoint_fault_hits_the_transitions_it_is_for() -> None:
    book = FaultBook()
    book.add([EndpointFault(conduct="roll_back", endpoint_contains="resnet")])
    assert book.take_transition_fault("resnet", "create") is None
    assert book.take_transition_fault("vgg", "update") is None
    taken = book.take_transition_fault("resnet", "update")
    assert taken is not None
    assert taken[0].conduct == "roll_back"
    assert book.take_transition_fault("resnet", "update") is None


def test_a_slow_answer_is_no_transitions_business() -> None:
    book = FaultBook()
    book.add([EndpointFault(conduct="slow_answer", seconds=0.5, times=None)])
    assert book.take_transition_fault("resnet", "create") is None
    assert [book.take_answer_delay("resnet") for _ in range(3)] == [0.5, 0.5, 0.5]


def test_clearing_is_by_name_and_lets_what_hangs_go_on() -> None:
    book = FaultBook()
    book.add(
        [
            EndpointFault(conduct="hang", endpoint_contains="resnet"),
            ApiFault(operation="CreateModel", name_contains="vgg"),
        ]
    )
    taken = book.take_transition_fault("resnet", "create")
    assert taken is not None
    book.clear("vgg")
    assert not taken[1].is_set()
    book.raise_api_fault("CreateModel", ["vgg"])
    book.clear()
    assert taken[1].is_set()


def test_faults_are_typed() -> None:
    text = '[{"operation": "CreateModel", "times": 2}, {"conduct": "hang", "seconds": 3}]'
    assert FAULTS.validate_json(text) == [
        ApiFault(operation="CreateModel", times=2),
        EndpointFault(conduct="hang", seconds=3),
    ]
    with pytest.raises(ValidationError, match="sulk"):
        FAULTS.validate_json('[{"conduct": "sulk"}]')
