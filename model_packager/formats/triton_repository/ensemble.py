"""Checks ensembles: the tensors of the steps must fit each other.

Sources: `ValidateEnsembleSchedulingConfig` in triton-inference-server/core,
src/model_config_utils.cc, `ValidateEnsembleConfig` in src/ensemble_scheduler/ensemble_utils.cc, and
`CheckNode` and `CircularDependencyCheck` in
src/model_repository_manager/model_repository_manager.cc.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.triton_repository.config.model_config import (
    ModelConfig,
    dtype,
    entries,
    flag,
    integer,
    integers,
    message_of,
    messages,
    text,
)

_FORBIDDEN = ("instance_group", "optimization", "model_warmup")


def steps_of(config: ModelConfig) -> list[Message]:
    """Return the steps of an ensemble; empty for other models."""
    return messages(message_of(config.message, "ensemble_scheduling"), "step")


NEWEST_VERSION = -1
"""The `model_version` of the newest version. protobuf's default is version 0."""


def check_step_versions(config: ModelConfig, loaded: Mapping[str, Collection[str]]) -> None:
    """Check that each step uses a version that Triton loads.

    Args:
        config: the ensemble's config.
        loaded: the versions of each step's model.

    Raises:
        ModelRejected: it does not. The error has the line.
    """
    for step in steps_of(config):
        name, version = text(step, "model_name"), integer(step, "model_version")
        if version == NEWEST_VERSION or str(version) in loaded[name]:
            continue
        stated = "model_version" in step
        said = f"names version {version}" if stated else "has no model_version, which means 0,"
        raise config.rejected(
            step.line_of("model_version" if stated else "model_name"),
            f"the step {name:.120} {said} but Triton loads {', '.join(loaded[name]):.120}.",
            "Write `model_version: -1`, which is the newest version",
        )


def check_circles(configs: Mapping[str, ModelConfig]) -> None:
    """Check that no ensemble contains itself, directly or through its steps.

    Raises:
        ModelRejected: one does, and Triton refuses it.
    """
    for config in configs.values():
        waiting, below = steps_of(config), set[str]()
        while waiting:
            name = text(waiting.pop(), "model_name")
            if name == config.model:
                raise config.rejected_field(
                    "ensemble_scheduling",
                    f"the ensemble {name:.120} is a step of itself.",
                    "Remove the step that leads back to it",
                )
            if name not in below:
                below.add(name)
                waiting += steps_of(configs[name])


def check_ensemble(config: ModelConfig, configs: Mapping[str, ModelConfig]) -> None:
    """Check an ensemble with the complete configs of its steps' models.

    Raises:
        ModelRejected: Triton does not load it. The error has the line.
    """
    if "ensemble_scheduling" not in config.message:
        raise config.rejected_field(
            "platform",
            "an ensemble needs ensemble_scheduling, which names its steps.",
            "Add `ensemble_scheduling { step [ { model_name: … input_map { … } output_map { … } } "
            "] }`",
        )
    for field in _FORBIDDEN:
        if field in config.message:
            raise config.rejected_field(field, f"an ensemble has no {field}.", "Remove it")
    steps = steps_of(config)
    if not steps:
        raise config.rejected_field(
            "ensemble_scheduling", "the ensemble has no step.", "Add its steps"
        )
    tensors = _ends(config)
    written = {text(each, "name") for each in messages(config.message, "input")}
    read: set[str] = set()
    for step in steps:
        _check_step(config, step, configs[text(step, "model_name")], tensors)
        written |= _written_by(config, step, written)
        read |= {text(entry, "value") for _, entry in entries(step, "input_map")}
    _check_flow(config, steps, written, read)


@dataclass(frozen=True)
class _Shape:
    """A tensor of the ensemble, as one model declares it."""

    model: str
    dtype: str
    dims: tuple[int, ...]
    batched: bool

    def fits(self, other: _Shape) -> bool:
        return _fit(self.dims, other.dims) or _fit(self._whole(), other._whole())

    def _whole(self) -> tuple[int, ...]:
        return (-1, *self.dims) if self.batched else self.dims

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.dims)} in {self.model:.60}"


def _fit(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    return len(left) == len(right) and all(
        a == b or -1 in (a, b) for a, b in zip(left, right, strict=True)
    )


def _shape(config: ModelConfig, tensor: Message, *, reshaped: bool) -> _Shape:
    dims = integers(tensor, "dims")
    if reshaped and "reshape" in tensor:
        dims = integers(message_of(tensor, "reshape"), "shape")
    batched = integer(config.message, "max_batch_size") > 0
    return _Shape(config.model, dtype(tensor), dims, batched)


def _ends(config: ModelConfig) -> dict[str, _Shape]:
    """Return the ensemble's own inputs and outputs."""
    return {
        text(each, "name"): _shape(config, each, reshaped=True)
        for kind in ("input", "output")
        for each in messages(config.message, kind)
    }


def _check_step(
    config: ModelConfig, step: Message, model: ModelConfig, tensors: dict[str, _Shape]
) -> None:
    name = text(step, "model_name")
    largest, own = (integer(each.message, "max_batch_size") for each in (model, config))
    if 0 < largest < own:
        raise config.rejected_field(
            "max_batch_size",
            f"it is {own}, but the step {name:.120} takes batches of {largest} at most.",
            f"Write `max_batch_size: {largest}`, or raise it in {model.path}",
        )
    for kind, field in (("input", "input_map"), ("output", "output_map")):
        declared = {text(each, "name"): each for each in messages(model.message, kind)}
        if field not in step:
            raise config.rejected(
                step.line, f"the step {name:.120} has no {field}.", f"Add the {field}"
            )
        mapped = {}
        for key, entry in entries(step, field):
            line = entry.line_of("key")
            if declared and key not in declared:
                raise config.rejected(
                    line,
                    f"{field} names {key!r:.120}, but the model {name:.120} has no such {kind}; "
                    f"it has {', '.join(declared):.300}.",
                    "Write the model's own name as the key, and the ensemble's as the value",
                )
            if key in mapped:
                raise config.rejected(
                    line, f"{field} names {key!r:.120} twice.", "Remove one of the entries"
                )
            mapped[key] = entry
            if key in declared:
                _check_tensor(config, entry, _shape(model, declared[key], reshaped=False), tensors)
        if kind == "input":
            _check_all_mapped(config, step, name, declared, mapped)


def _check_all_mapped(
    config: ModelConfig,
    step: Message,
    name: str,
    declared: dict[str, Message],
    mapped: dict[str, Message],
) -> None:
    for key, tensor in declared.items():
        if key not in mapped and not flag(tensor, "optional"):
            raise config.rejected(
                step.line_of("input_map", 0),
                f"the input {key!r:.120} of the step {name:.120} gets no tensor.",
                f'Add `input_map {{ key: "{key:.120}" value: "…" }}` to the step',
            )


def _check_tensor(
    config: ModelConfig, entry: Message, shape: _Shape, tensors: dict[str, _Shape]
) -> None:
    tensor = text(entry, "value")
    known = tensors.setdefault(tensor, shape)
    if known.dtype != shape.dtype or not known.fits(shape):
        raise config.rejected(
            entry.line_of("value"),
            f"the tensor {tensor!r:.120} is {known}, and {shape}.",
            "Write the same data_type and dims in both models, or connect other tensors",
        )


def _written_by(config: ModelConfig, step: Message, written: set[str]) -> set[str]:
    names = set()
    for _, entry in entries(step, "output_map"):
        name = text(entry, "value")
        if name in written or name in names:
            raise config.rejected(
                entry.line_of("value"),
                f"the tensor {name!r:.120} is written twice.",
                "Give each output_map another name",
            )
        names.add(name)
    return names


def _check_flow(
    config: ModelConfig, steps: list[Message], written: set[str], read: set[str]
) -> None:
    outputs = {text(each, "name") for each in messages(config.message, "output")}
    _check_order(config, steps)
    for step in steps:
        for _, entry in entries(step, "input_map"):
            name = text(entry, "value")
            if name not in written:
                raise config.rejected(
                    entry.line_of("value"),
                    f"no step and no input of the ensemble writes the tensor {name!r:.120}.",
                    "Write the name of an input of the ensemble, or of another step's output_map",
                )
        for _, entry in entries(step, "output_map"):
            name = text(entry, "value")
            if name not in read | outputs:
                raise config.rejected(
                    entry.line_of("value"),
                    f"no step reads the tensor {name!r:.120}, and the ensemble does not output it.",
                    "Remove this output_map, or add the tensor to the ensemble's outputs",
                )
    for kind, names in (("input", read), ("output", written)):
        for each in messages(config.message, kind):
            name = text(each, "name")
            if name not in names:
                verb = "reads" if kind == "input" else "writes"
                raise config.rejected(
                    each.line_of("name"),
                    f"no step {verb} the ensemble's {kind} {name!r:.120}.",
                    f"Name it in the {kind}_map of a step, or remove it",
                )


def _check_order(config: ModelConfig, steps: list[Message]) -> None:
    """Check that the steps can run in some order."""
    writer = {
        text(entry, "value"): at
        for at, step in enumerate(steps)
        for _, entry in entries(step, "output_map")
    }
    waits = {
        at: {
            writer[name]
            for _, entry in entries(step, "input_map")
            if (name := text(entry, "value")) in writer
        }
        for at, step in enumerate(steps)
    }
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle = sorted(set(error.args[1]))
        names = ", ".join(text(steps[at], "model_name") for at in circle)
        raise config.rejected(
            steps[circle[0]].line,
            f"the steps {names:.300} wait for each other's tensors.",
            "Connect the steps so that each reads tensors of earlier ones",
        ) from error
