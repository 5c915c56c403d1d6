"""Checks how a config.pbtxt batches and orders requests, like Triton.

Sources: `ValidateModelConfig`, `ValidateBatchIO` and the sequence controls in
triton-inference-server/core, src/model_config_utils.cc.
"""

from __future__ import annotations

from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.triton_repository.config.model_config import (
    ModelConfig,
    dtype,
    entries,
    enum,
    flag,
    integer,
    integers,
    last_value,
    message_of,
    messages,
    text,
)

_VALUES_OF_CONTROLS = ("int32_false_true", "fp32_false_true", "bool_false_true")
_CORRELATION = "CONTROL_SEQUENCE_CORRID"
_CORRELATION_TYPES = ("UINT64", "INT64", "UINT32", "INT32", "STRING")
_BATCH_INPUT_TYPES = ("INT32", "FP32")


def check_scheduling(config: ModelConfig) -> None:
    """Check batching, priorities, sequences and the inputs that Triton adds to batches.

    Raises:
        ModelRejected: Triton does not accept them. The error has the line.
    """
    _check_preferred_sizes(config)
    _check_priorities(config)
    _check_order(config)
    _check_controls(config)
    _check_states(config)
    _check_batch_tensors(config)
    if flag(message_of(config.message, "response_cache"), "enable") and (
        "sequence_batching" in config.message
    ):
        raise config.rejected_field(
            "response_cache",
            "Triton has no response_cache for a model with sequence_batching.",
            "Remove response_cache",
        )


def _check_preferred_sizes(config: ModelConfig) -> None:
    largest = integer(config.message, "max_batch_size")
    for scheduling, field in (
        (message_of(config.message, "dynamic_batching"), "preferred_batch_size"),
        (message_of(config.message, "sequence_batching", "oldest"), "preferred_batch_size"),
    ):
        for index, size in enumerate(integers(scheduling, field)):
            if not 0 < size <= largest:
                raise config.rejected(
                    scheduling.line_of(field, index),
                    f"{field} has {size}, but max_batch_size is {largest}.",
                    "Use sizes from 1 to max_batch_size",
                )


def _check_priorities(config: ModelConfig) -> None:
    batching = message_of(config.message, "dynamic_batching")
    levels = integer(batching, "priority_levels")
    if levels == 0:
        return
    default = integer(batching, "default_priority_level")
    if not 0 < default <= levels:
        raise config.rejected(
            batching.line_of("priority_levels"),
            f"default_priority_level is {default}, but priority_levels is {levels}.",
            f"Write a default_priority_level from 1 to {levels}",
        )
    for entry in messages(batching, "priority_queue_policy"):
        if not 0 < integer(entry, "key") <= levels:
            raise config.rejected(
                entry.line,
                f"priority_queue_policy has the level {integer(entry, 'key')}, and "
                f"priority_levels is {levels}.",
                f"Write keys from 1 to {levels}",
            )


def _check_order(config: ModelConfig) -> None:
    batching = message_of(config.message, "dynamic_batching")
    if not flag(batching, "preserve_ordering"):
        return
    line = batching.line_of("preserve_ordering")
    if integer(batching, "priority_levels") > 1:
        raise config.rejected(
            line,
            "preserve_ordering and more than one of priority_levels exclude each other.",
            "Remove one of them",
        )
    queues = [message_of(entry, "value") for _, entry in entries(batching, "priority_queue_policy")]
    for queue in (message_of(batching, "default_queue_policy"), *queues):
        delays = enum(queue, "timeout_action", "TimeoutAction") == "DELAY"
        if delays and integer(queue, "default_timeout_microseconds"):
            raise config.rejected(
                line,
                "preserve_ordering and the timeout_action DELAY exclude each other.",
                "Remove preserve_ordering, or write `timeout_action: REJECT`",
            )


def _check_controls(config: ModelConfig) -> None:
    batching = message_of(config.message, "sequence_batching")
    direct = message_of(batching, "direct")
    utilization = last_value(direct, "minimum_slot_utilization")
    if isinstance(utilization, int | float) and not 0 <= utilization <= 1:
        raise config.rejected(
            direct.line_of("minimum_slot_utilization"),
            f"minimum_slot_utilization is {utilization}.",
            "Write a number from 0 to 1",
        )
    names: set[str] = set()
    kinds: set[str] = set()
    for tensor in messages(batching, "control_input"):
        name = text(tensor, "name")
        if not name or name in names:
            raise config.rejected(
                tensor.line,
                f"the name of a control_input is {name!r:.120}, "
                + ("which another one has." if name else "and it needs one."),
                "Give each control_input another name",
            )
        names.add(name)
        for control in messages(tensor, "control"):
            kind = enum(control, "kind", "ControlKind")
            if kind in kinds:
                raise config.rejected(
                    control.line, f"two control inputs have the kind {kind}.", "Remove one of them"
                )
            kinds.add(kind)
            _check_control(config, control, kind)


def _check_control(config: ModelConfig, control: Message, kind: str) -> None:
    given = [field for field in _VALUES_OF_CONTROLS if control.get(field)]
    if kind == _CORRELATION:
        if given:
            raise config.rejected(
                control.line_of(given[0]), f"{kind} has no {given[0]}.", "Write data_type instead"
            )
        if dtype(control) not in _CORRELATION_TYPES:
            raise config.rejected(
                control.line,
                f"the data_type of {kind} is {dtype(control)}.",
                f"Write one of {', '.join(f'TYPE_{each}' for each in _CORRELATION_TYPES)}",
            )
    elif len(given) != 1 or len(control[given[0]]) != 2:
        raise config.rejected(
            control.line,
            f"{kind} needs one of {', '.join(_VALUES_OF_CONTROLS)}, with two values.",
            "Write `fp32_false_true: [ 0, 1 ]`, for example",
        )


def _check_states(config: ModelConfig) -> None:
    """Compare initial states with their states (core, src/sequence_state.cc)."""
    for state in messages(message_of(config.message, "sequence_batching"), "state"):
        for initial in messages(state, "initial_state"):
            dims, of_state = integers(initial, "dims"), integers(state, "dims")
            fits = len(dims) == len(of_state) and all(
                -1 in (a, b) or a == b for a, b in zip(dims, of_state, strict=True)
            )
            if dtype(initial) != dtype(state) or not fits:
                raise config.rejected(
                    initial.line,
                    f"the initial_state is {dtype(initial)} {list(dims)!r:.120}, and its state "
                    f"{dtype(state)} {list(of_state)!r:.120}.",
                    "Write the same data_type and dims in both",
                )


def _check_batch_tensors(config: ModelConfig) -> None:
    names = {
        kind: {text(each, "name") for each in messages(config.message, kind)}
        for kind in ("input", "output")
    }
    for field in ("batch_input", "batch_output"):
        for tensor in messages(config.message, field):
            sources = [each for each in tensor.get("source_input", ()) if isinstance(each, str)]
            if len(sources) != 1 or sources[0] not in names["input"]:
                raise config.rejected(
                    tensor.line,
                    f"{field} needs one source_input that is an input of the model; it has "
                    f"{', '.join(sources) or 'none':.300}.",
                    f"Write one of {', '.join(sorted(names['input'])):.300}",
                )
            if field == "batch_input" and dtype(tensor) not in _BATCH_INPUT_TYPES:
                raise config.rejected(
                    tensor.line_of("data_type"),
                    f"the data_type of batch_input is {dtype(tensor)}.",
                    "Write TYPE_INT32 or TYPE_FP32",
                )
    for tensor in messages(config.message, "batch_output"):
        targets = [each for each in tensor.get("target_name", ()) if isinstance(each, str)]
        if len(set(targets)) < len(targets) or not set(targets) <= names["output"]:
            raise config.rejected(
                tensor.line,
                f"the target_name of batch_output is {', '.join(targets):.300}.",
                f"Name outputs of the model, each once: {', '.join(sorted(names['output'])):.300}",
            )
