"""Batching, priorities, sequences and warm-up requests that Triton rejects, with the line."""

from __future__ import annotations

import pytest

from model_packager.rejection import ModelRejected
from tests.unit.model_packager.formats.triton_repository.repositories import (
    PYTHON_CONFIG,
    archive,
    inspected,
    python_model,
)

START = "kind: CONTROL_SEQUENCE_START"
WARM_UP = 'inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 4 ] zero_data: true } }'


def sequences(control: str) -> str:
    return f"sequence_batching {{ control_input {{ {control} }} }}"


def start(values: str) -> str:
    return sequences(f'name: "A" control {{ {START} {values} }}')


def correlation(more: str) -> str:
    return sequences(f'name: "A" control {{ kind: CONTROL_SEQUENCE_CORRID {more} }}')


def state(initial: str) -> str:
    fields = 'input_name: "i" output_name: "o" data_type: TYPE_FP32 dims: 2'
    return f'sequence_batching {{ state {{ {fields} initial_state {{ name: "z" {initial} }} }} }}'


def batching(fields: str) -> str:
    return f"dynamic_batching {{ {fields} }}"


def warm_up(inputs: str, batch_size: int = 1) -> str:
    return f'model_warmup {{ name: "w" batch_size: {batch_size} {inputs} }}'


def from_file(name: str = "x.bin") -> str:
    return warm_up(WARM_UP.replace("zero_data: true", f'input_data_file: "{name}"'))


REFUSED = {
    batching("priority_levels: 2"): "default_priority_level is 0, but priority_levels is 2",
    batching("priority_levels: 2 default_priority_level: 3"): "default_priority_level is 3",
    batching(
        "priority_levels: 2 default_priority_level: 1 priority_queue_policy { key: 3 value { } }"
    ): "priority_queue_policy has the level 3",
    batching(
        "preserve_ordering: true priority_levels: 2 default_priority_level: 1"
    ): "preserve_ordering and more than one of priority_levels",
    batching(
        "preserve_ordering: true "
        "default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 1 }"
    ): "preserve_ordering and the timeout_action DELAY",
    "sequence_batching { direct { minimum_slot_utilization: 5 } }": "slot_utilization is 5",
    "sequence_batching { oldest { preferred_batch_size: 16 } }": "preferred_batch_size has 16",
    "sequence_batching { } response_cache { enable: true }": "no response_cache",
    start(""): "needs one of int32_false_true, fp32_false_true, bool_false_true",
    start("int32_false_true: [ 0, 1, 2 ]"): "with two values",
    start("int32_false_true: [ 0, 1 ] fp32_false_true: [ 0, 1 ]"): "needs one of",
    correlation(""): "the data_type of CONTROL_SEQUENCE_CORRID is INVALID",
    correlation("data_type: TYPE_FP32"): "the data_type of CONTROL_SEQUENCE_CORRID is FP32",
    correlation("int32_false_true: [ 0, 1 ]"): "CONTROL_SEQUENCE_CORRID has no int32_false_true",
    sequences(f"control {{ {START} fp32_false_true: [ 0, 1 ] }}"): "and it needs one",
    sequences(f'name: "A" control {{ {START} fp32_false_true: [ 0, 1 ] }}').replace(
        "sequence_batching {",
        f'sequence_batching {{ control_input {{ name: "B" control {{ {START} '
        "fp32_false_true: [ 0, 1 ] } }",
    ): "two control inputs have the kind CONTROL_SEQUENCE_START",
    'batch_input { target_name: "C" data_type: TYPE_INT32 source_input: "q" }': "it has q.",
    'batch_input { target_name: "C" data_type: TYPE_INT32 }': "it has none.",
    'batch_input { target_name: "C" data_type: TYPE_INT64 source_input: "x" }': "is INT64",
    'batch_output { target_name: "q" source_input: "x" }': "target_name of batch_output is q",
    state("data_type: TYPE_INT32 dims: 2 zero_data: true"): "is INT32 [2], and its state FP32",
    state("data_type: TYPE_FP32 dims: 3 zero_data: true"): "is FP32 [3], and its state FP32 [2]",
    warm_up(""): "the warm-up request 'w' lacks the input 'x'",
    warm_up(WARM_UP.replace('"x"', '"q"')): "lacks the input 'x'",
    warm_up(WARM_UP.replace("FP32", "INT32")): "'x' is INT32, but the input is FP32",
    warm_up(WARM_UP.replace("[ 4 ]", "[ 5 ]")): "'x' has the dims [5], but the input has [4]",
    warm_up(WARM_UP.replace("[ 4 ]", "[ 1, 4 ]")): "'x' has the dims [1, 4]",
    warm_up(WARM_UP.replace("[ 4 ]", "[ -1 ]")): "'x' has the variable dims [-1]",
    warm_up(WARM_UP.replace("zero_data: true", "")): "'x' has no data",
    from_file("short.bin"): "m/warmup/short.bin has 3 bytes, but the warm-up input 'x' needs 16",
}

ACCEPTED = (
    batching("priority_levels: 2 default_priority_level: 1"),
    batching("preserve_ordering: true default_queue_policy { timeout_action: DELAY }"),
    "sequence_batching { direct { minimum_slot_utilization: 0.5 } }",
    start("fp32_false_true: [ 0, 1 ]"),
    correlation("data_type: TYPE_UINT64"),
    'batch_input { target_name: "C" data_type: TYPE_INT32 source_input: "x" }',
    'batch_output { target_name: "y" source_input: "x" }',
    state("data_type: TYPE_FP32 dims: 2 zero_data: true"),
    warm_up(WARM_UP),
    warm_up(WARM_UP + WARM_UP.replace('"x"', '"control"')),
    warm_up("", batch_size=0),  # Triton skips it
    from_file(),
)


def repository(more: str) -> bytes:
    files = {"warmup/short.bin": b"123", "warmup/x.bin": bytes(16)}
    return archive({"m": {**python_model(PYTHON_CONFIG + more), **files}})


@pytest.mark.parametrize("more", REFUSED)
def test_refused_with_the_line(more: str) -> None:
    with pytest.raises(ModelRejected) as caught:
        inspected(repository(more))
    assert "m/config.pbtxt, line 5: " in str(caught.value)
    assert REFUSED[more] in str(caught.value)


@pytest.mark.parametrize("more", ACCEPTED)
def test_accepted(more: str) -> None:
    assert inspected(repository(more)).default_model == "m"
