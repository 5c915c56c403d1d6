from __future__ import annotations

import time

import pytest

from model_packager.rejection import ModelRejected
from tests.unit.model_packager.formats.triton_repository.repositories import (
    ONNX_CONFIG,
    PYTHON_CONFIG,
    archive,
    inspected,
    onnx_model,
    python_model,
)

SECOND = PYTHON_CONFIG.replace("[ 4 ]", "[ 3 ]").replace('"x"', '"a"').replace('"y"', '"b"')
ENSEMBLE = """\
platform: "ensemble"
max_batch_size: 8
input [ { name: "in" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "out" data_type: TYPE_FP32 dims: [ 3 ] } ]
ensemble_scheduling {
  step [
    {
      model_name: "first" model_version: -1
      input_map { key: "x" value: "in" }
      output_map { key: "y" value: "between" }
    },
    {
      model_name: "second" model_version: -1
      input_map { key: "a" value: "between" }
      output_map { key: "b" value: "out" }
    }
  ]
}
"""


def ensemble(config: str = ENSEMBLE, first: str = ONNX_CONFIG, second: str = SECOND) -> bytes:
    return archive(
        {
            "first": onnx_model(first),
            "second": python_model(second),
            "both": {"config.pbtxt": config},
        },
        folders=("both/1",),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("dims: [ 4 ]", "dims: [ -1 ]"),
        ("max_batch_size: 8", "max_batch_size: 4"),
        ("TYPE_FP32", "11"),
    ],
)
def test_ensembles_that_fit(old: str, new: str) -> None:
    spec = "inputs: [{name: in, dtype: FP32, dims: [-1], example_dims: [4]}]"
    found = inspected(ensemble(ENSEMBLE.replace(old, new)), spec=spec if "-1" in new else None)
    assert found.default_model == "both"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('key: "x"', 'key: "z"', "line 9: input_map names 'z', but the model first has no such"),
        ('key: "b"', 'key: "z"', "line 15: output_map names 'z', but the model second has no such"),
        ('value: "in"', 'value: "inn"', "line 9: no step and no input of the ensemble writes"),
        ('"between" }\n    },', '"unread" }\n    },', "line 10: no step reads the tensor 'unread'"),
        ('value: "out"', 'value: "other"', "line 15: no step reads the tensor 'other'"),
        ("dims: [ 4 ]", "dims: [ 5 ]", r"line 9: the tensor 'in' is FP32 \[5\] in both, and FP32"),
        ("TYPE_FP32", "TYPE_INT64", "line 9: the tensor 'in' is INT64"),
        ("size: 8", "size: 16", "line 2: it is 16, but the step first takes batches of 8"),
        ('"second"', '"third"', "line 13: the ensemble both has a step third, but the archive"),
        ('input_map { key: "x" value: "in" }\n', "", "the step first has no input_map"),
        (
            " model_version: -1",
            "",
            "line 8: the step first has no model_version, which means 0, but",
        ),
        ("model_version: -1", "model_version: 3", "line 8: the step first names version 3 but"),
        ("ensemble_scheduling {", "instance_group {}\nensemble_scheduling {", "no instance_group"),
        (
            'platform: "ensemble"',
            'platform: "ensemble"\nbackend: "python"',
            "an ensemble has no ba",
        ),
        (
            'value: "in" }',
            'value: "in" }\n input_map { key: "x" value: "in" }',
            "names 'x' twice",
        ),
        (
            'name: "in" data',
            'name: "more" data_type: TYPE_FP32 dims: [ 1 ] }, { name: "in" data',
            "no step reads the ensemble's input 'more'",
        ),
    ],
)
def test_ensembles_that_do_not_fit(old: str, new: str, message: str) -> None:
    assert old in ENSEMBLE
    with pytest.raises(ModelRejected, match=message):
        inspected(ensemble(ENSEMBLE.replace(old, new, 1)))


def test_ensemble_without_steps() -> None:
    with pytest.raises(ModelRejected, match="an ensemble needs ensemble_scheduling"):
        inspected(ensemble(ENSEMBLE.partition("ensemble_scheduling")[0]))


def test_models_of_the_steps_are_checked() -> None:
    with pytest.raises(ModelRejected, match=r"first/config.pbtxt, line 3"):
        inspected(ensemble(first=ONNX_CONFIG.replace("TYPE_FP32", "FP32")))


def test_an_optional_input_needs_no_tensor() -> None:
    optional = SECOND + 'input { name: "o" data_type: TYPE_FP32 dims: [ 1 ] optional: true }\n'
    assert inspected(ensemble(second=optional))
    with pytest.raises(ModelRejected, match="the input 'o' of the step second gets no tensor"):
        inspected(ensemble(second=optional.replace("true", "false")))


def test_many_steps_in_reverse_order_take_little_work() -> None:
    """The limit of 100 KB for a config allows 1,000 steps."""
    steps = "".join(
        f'step {{ model_name: "m" model_version: -1 input_map {{ key: "x" value: "{at}" }} '
        f'output_map {{ key: "y" value: "{at + 1}" }} }}'
        for at in reversed(range(800))
    )
    config = (
        'platform: "ensemble" input { name: "0" data_type: TYPE_FP32 dims: 4 } '
        'output { name: "800" data_type: TYPE_FP32 dims: 4 } '
        f"ensemble_scheduling {{ {steps} }}"
    )
    model = PYTHON_CONFIG.replace("[ 3 ]", "[ 4 ]").replace("max_batch_size: 8", "")
    content = archive(
        {"m": python_model(model), "drop": {"config.pbtxt": config}}, folders=("drop/1",)
    )
    started = time.process_time()
    assert inspected(content).signature.outputs[0].name == "800"
    assert time.process_time() - started < 8


def test_steps_that_wait_for_each_other() -> None:
    circle = ENSEMBLE.replace('value: "in"', 'value: "out"').replace("dims: [ 4 ]", "dims: [ 3 ]")
    first = PYTHON_CONFIG.replace("[ 4 ]", "[ 3 ]")
    content = archive(
        {
            "first": python_model(first),
            "second": python_model(SECOND),
            "both": {"config.pbtxt": circle},
        },
        folders=("both/1",),
    )
    with pytest.raises(ModelRejected, match="first, second wait for each other's tensors"):
        inspected(content)


def test_a_step_of_a_stated_version() -> None:
    stated = ENSEMBLE.replace("model_version: -1", "model_version: 1")
    assert inspected(ensemble(stated)).default_model == "both"


def test_an_ensemble_that_is_a_step_of_itself() -> None:
    with pytest.raises(ModelRejected, match="line 5: the ensemble both is a step of itself"):
        inspected(ensemble(ENSEMBLE.replace('"second"', '"both"')))
