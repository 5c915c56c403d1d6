"""Each repository that Triton cannot serve is rejected, with the file and the line.

Each similar repository that Triton serves is accepted.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

import pytest

from model_packager.formats.triton_repository import archive_configs
from model_packager.model_warnings import WarningCode
from model_packager.rejection import Rejection, SpecRejected
from tests import onnx_models
from tests.local_sagemaker.archives import torchscript as script
from tests.local_sagemaker.text_models import UpperCase
from tests.unit.model_packager.formats.triton_repository.repositories import (
    CODE,
    IO,
    ONNX_CONFIG,
    PYTHON_CONFIG,
    TORCH_CONFIG,
    Files,
    archive,
    inspected,
    onnx,
    onnx_model,
    python_model,
    state_dict,
    torch_model,
    torchscript,
)
from tests.unit.model_packager.saved_models import (
    BFLOAT16,
    DOUBLE,
    FLOAT,
    INITIALIZER,
    X,
    Y,
    saved_model,
    signature,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CPU = "endpoint: {instance_type: ml.c6i.xlarge}\n"
LABELS = ONNX_CONFIG.replace("[ 3 ] }", '[ 3 ] label_filename: "labels.txt" }')


def environment(path: str) -> str:
    return PYTHON_CONFIG + (
        f'parameters: {{ key: "EXECUTION_ENV_PATH" value: {{ string_value: "{path}" }} }}\n'
    )


def fixed_onnx() -> bytes:
    return onnx_models.content(onnx_models.linear(batch=1))


def onnx_with_an_operator(name: str) -> bytes:
    proto: Any = onnx_models.linear()
    proto.graph.node[0].op_type = name
    content: bytes = proto.SerializeToString()
    return content


def cyclic_onnx() -> bytes:
    proto: Any = onnx_models.linear()
    proto.graph.node[0].input[0] = "y"
    content: bytes = proto.SerializeToString()
    return content


def tensorflow_model(content: bytes, config: str = IO) -> Files:
    return {
        "config.pbtxt": 'platform: "tensorflow_savedmodel"\n' + config,
        "1/model.savedmodel/saved_model.pb": content,
    }


def warmup(data: str, batch: int = 1, dtype: str = "FP32") -> str:
    value = f'inputs {{ key: "x" value {{ data_type: TYPE_{dtype} dims: [ 4 ] {data} }} }}'
    return f'model_warmup {{ name: "w" batch_size: {batch} {value} }}\n'


def texts(content: str) -> Files:
    """Return a model whose warm-up request reads the file `t`."""
    config = PYTHON_CONFIG.replace("FP32", "STRING", 1)
    return python_model(
        config + warmup('input_data_file: "t"', dtype="STRING"), **{"warmup/t": content}
    )


def python_file(name: str) -> Files:
    """Return a Python model whose code is in a file with another name."""
    config = PYTHON_CONFIG + f'default_model_filename: "{name}"\n'
    return {"config.pbtxt": config, posixpath.normpath(f"1/{name}"): CODE, "1/readme.txt": ""}


def onnx_with_separate_weights() -> tuple[bytes, bytes]:
    """Return the model and its model.onnx.data."""
    model: bytes = onnx_models.with_external_weights(onnx_models.linear()).SerializeToString()
    return model, onnx_models.weights_of(onnx_models.linear())


Case = tuple["Callable[[], Files]", str]
"""The files of the model `m`, and a part of the message."""


def text_model(config: str) -> Files:
    return {"config.pbtxt": config, "1/model.pt": script(UpperCase())}


TEXT_CONFIG = """platform: "pytorch_libtorch"
max_batch_size: 0
input [{ name: "text" data_type: TYPE_STRING dims: [ 4 ] }]
output [{ name: "OUTPUT__0" data_type: TYPE_STRING dims: [ -1 ] }]
"""
BATCHES = TEXT_CONFIG.replace("size: 0", "size: 8")

REFUSED: dict[str, Case] = {
    "numbers for a list of text": (
        lambda: text_model(TEXT_CONFIG.replace("STRING", "FP32", 1)),
        "m/config.pbtxt, line 3: the input 'text' is FP32, but `forward` in 1/model.pt takes "
        "`text: List[str]`.\nFix: Write `data_type: TYPE_STRING`",
    ),
    "text for a tensor": (
        lambda: torch_model(TORCH_CONFIG.replace("FP32", "STRING", 1)),
        "is STRING, but `forward` in 1/model.pt takes `",
    ),
    "text of two dimensions": (
        lambda: text_model(TEXT_CONFIG.replace("[ 4 ]", "[ 4, 2 ]")),
        "line 3: the input 'text' is text, which has one dimension",
    ),
    "a batch of text": (
        lambda: text_model(BATCHES),
        "line 4: the output 'OUTPUT__0' is text, which has one dimension",
    ),
    "text of a batch": (
        lambda: text_model(BATCHES.replace("[ -1 ]", "[ 1 ] reshape { }")),
        "gives each request of a batch the texts of the first one.",
    ),
    "no backend and no platform": (
        lambda: {"config.pbtxt": IO, "1/model.bin": ""},
        "m/config.pbtxt: it names neither a backend nor a platform",
    ),
    "unknown platform": (
        lambda: onnx_model(ONNX_CONFIG.replace("onnxruntime_onnx", "onnx")),
        "m/config.pbtxt, line 1: Triton has no platform 'onnx'",
    ),
    "unknown backend": (
        lambda: onnx_model('backend: "pythn"\n' + IO),
        "m/config.pbtxt, line 1: Triton's image has no backend 'pythn'",
    ),
    "platform of another backend": (
        lambda: onnx_model('backend: "pytorch"\n' + ONNX_CONFIG),
        "m/config.pbtxt, line 2: the backend pytorch does not accept the platform",
    ),
    "another format's file": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "1/model.pt": torchscript()},
        "line 1: the backend onnxruntime reads m/1/model.onnx, and there is no such file; m/1: it "
        'has model.pt.\nFix: Write `platform: "pytorch_libtorch"` for the file model.pt',
    ),
    "file with another name": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "1/net.onnx": onnx()},
        'Write `default_model_filename: "net.onnx"`',
    ),
    "default_model_filename that is missing": (
        lambda: python_model(PYTHON_CONFIG + 'default_model_filename: "other.py"\n'),
        "m/config.pbtxt, line 5: the backend python reads m/1/other.py, and there is no such file",
    ),
    "Python model without model.py": (
        lambda: {"config.pbtxt": PYTHON_CONFIG, "1/readme.txt": ""},
        "the backend python reads m/1/model.py, and there is no such file",
    ),
    "version 01": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "01/model.onnx": onnx()},
        "Triton ignores the folder m/01, whose name is not a number, or begins with 0",
    ),
    "version v1": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "v1/model.onnx": onnx()},
        "Triton ignores the folder m/v1",
    ),
    "version 1_old": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "1_old/model.onnx": onnx()},
        "Triton reads the folder m/1_old as version 1",
    ),
    "version policy without a version": (
        lambda: onnx_model(ONNX_CONFIG + "version_policy: { specific: { versions: [ 3 ] } }\n"),
        "m/config.pbtxt, line 5: it selects versions that the archive does not have",
    ),
    "file missing in the newest version": (
        lambda: onnx_model(**{"2/readme.txt": ""}),
        "the backend onnxruntime reads m/2/model.onnx",
    ),
    "state_dict": (
        lambda: {"config.pbtxt": TORCH_CONFIG, "1/model.pt": state_dict()},
        "m/1/model.pt in the archive: The file was written by torch.save and contains a state_dict",
    ),
    "ONNX that is TorchScript": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "1/model.onnx": torchscript()},
        "m/1/model.onnx",
    ),
    "truncated ONNX": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "1/model.onnx": onnx()[:-5]},
        "m/1/model.onnx",
    ),
    "ONNX without the file of its weights": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "1/model.onnx": onnx_with_separate_weights()[0]},
        "m/1/model.onnx reads weights, such as weight, from the file model.onnx.data, but the "
        "archive has no m/1/model.onnx.data",
    ),
    "ONNX with a truncated file of weights": (
        lambda: {
            "config.pbtxt": ONNX_CONFIG,
            "1/model.onnx": onnx_with_separate_weights()[0],
            "1/model.onnx.data": "short",
        },
        "m/1/model.onnx.data has 5 bytes",
    ),
    "operator that ONNX Runtime has not": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "1/model.onnx": onnx_with_an_operator("MadeUp")},
        "m/1/model.onnx in the archive: The ONNX model uses the operator MadeUp",
    ),
    "plan that is text": (
        lambda: {"config.pbtxt": 'platform: "tensorrt_plan"\n' + IO, "1/model.plan": "a plan"},
        "m/1/model.plan in the archive: The file is not a TensorRT engine",
    ),
    "batch that the model has not": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "1/model.onnx": fixed_onnx()},
        "m/config.pbtxt, line 2: max_batch_size is 8, but the input 'x' of 1/model.onnx has the "
        "fixed shape [1, 4]",
    ),
    "dims of the input": (
        lambda: onnx_model(ONNX_CONFIG.replace("[ 4 ]", "[ 1, 4 ]")),
        "m/config.pbtxt, line 3: the input 'x' has the dims [1, 4], but the shape [-1, 4] in "
        "1/model.onnx, and max_batch_size 8 puts the batch first.\nFix: Write `dims: [4]`",
    ),
    "reshape of the input": (
        lambda: onnx_model(
            ONNX_CONFIG.replace("[ 4 ] }", "[ 4 ]\n  reshape { shape: [ 2, 2 ] } }", 1)
        ),
        "m/config.pbtxt, line 4: the input 'x' has the reshape [2, 2], but the shape [-1, 4] in "
        "1/model.onnx, and max_batch_size 8 puts the batch first.\nFix: Write `reshape: { shape: "
        "[4] }`, and dims with as many elements",
    ),
    "dims of the output": (
        lambda: onnx_model(ONNX_CONFIG.replace("[ 3 ]", "[ -1 ]")),
        "m/config.pbtxt, line 4: the output 'y' has the dims [-1]",
    ),
    "dtype of the input": (
        lambda: onnx_model(ONNX_CONFIG.replace("FP32", "INT64", 1)),
        "m/config.pbtxt, line 3: the input 'x' is INT64, but FP32 in 1/model.onnx",
    ),
    "name of the output": (
        lambda: onnx_model(ONNX_CONFIG.replace('"y"', '"z"')),
        "m/config.pbtxt, line 4: the output 'z' is not in 1/model.onnx, which has y",
    ),
    "number of inputs": (
        lambda: torch_model(
            TORCH_CONFIG + 'input { name: "z" data_type: TYPE_FP32 dims: [ 1 ] }\n'
        ),
        "m/config.pbtxt, line 5: it declares 2 input(s), but `forward` in 1/model.pt takes 1",
    ),
    "result that forward does not return": (
        lambda: torch_model(TORCH_CONFIG.replace('"y"', '"y__1"')),
        "m/config.pbtxt, line 4: the output 'y__1' names a result that `forward` in 1/model.pt "
        "does not return; it returns 1",
    ),
    "TorchScript without inputs": (
        lambda: torch_model('platform: "pytorch_libtorch"\n'),
        "Triton does not complete the config of a TorchScript model",
    ),
    "data_type without TYPE_": (
        lambda: onnx_model(ONNX_CONFIG.replace("TYPE_FP32", "FP32", 1)),
        "m/config.pbtxt, line 3: data_type is FP32, which is not one of its values.\n"
        "Fix: Write TYPE_FP32",
    ),
    "unknown field": (
        lambda: onnx_model(ONNX_CONFIG.replace("max_batch_size", "max_batch_sise")),
        "m/config.pbtxt, line 2: ModelConfig has no field max_batch_sise, and Triton does not read "
        "a config with unknown fields.\nFix: Write max_batch_size",
    ),
    "unknown field of an input": (
        lambda: onnx_model(ONNX_CONFIG.replace("dims", "shape", 1)),
        "m/config.pbtxt, line 3: ModelInput has no field shape",
    ),
    "number in quotes": (
        lambda: onnx_model(ONNX_CONFIG.replace("size: 8", 'size: "8"')),
        "line 2: max_batch_size is '8', and Triton expects a whole number",
    ),
    "text without quotes": (
        lambda: onnx_model(ONNX_CONFIG.replace('"onnxruntime_onnx"', "onnxruntime_onnx")),
        "line 1: platform is onnxruntime_onnx, and Triton expects text in quotes",
    ),
    "field that occurs twice": (
        lambda: onnx_model(ONNX_CONFIG + "max_batch_size: 4\n"),
        "line 5: max_batch_size occurs twice",
    ),
    "two schedulers": (
        lambda: python_model(PYTHON_CONFIG + "dynamic_batching { }\nsequence_batching { }\n"),
        "line 6: dynamic_batching and sequence_batching exclude each other",
    ),
    "dims of 0": (
        lambda: onnx_model(ONNX_CONFIG.replace("[ 4 ]", "[ 0 ]")),
        "line 3: the input x has the dims [0]",
    ),
    "input without dims": (
        lambda: python_model(PYTHON_CONFIG.replace("dims: [ 4 ]", "")),
        "line 3: the input x has no dims",
    ),
    "reshape of another size": (
        lambda: python_model(
            PYTHON_CONFIG.replace("dims: [ 4 ]", "dims: [ 4 ] reshape: { shape: [ 5 ] }")
        ),
        "the input x has a different number of elements in reshape",
    ),
    "preferred batch size": (
        lambda: onnx_model(ONNX_CONFIG + "dynamic_batching { preferred_batch_size: [ 4, 16 ] }\n"),
        "line 5: preferred_batch_size has 16, but max_batch_size is 8",
    ),
    "label file": (lambda: onnx_model(LABELS), "line 4: label_filename names labels.txt"),
    "warm-up file": (
        lambda: onnx_model(
            ONNX_CONFIG + 'model_warmup { name: "w" batch_size: 1 inputs { key: "x" value: '
            '{ data_type: TYPE_FP32 dims: [ 4 ] input_data_file: "x.bin" } } }\n'
        ),
        "the archive has no m/warmup/x.bin",
    ),
    "environment that is missing": (
        lambda: python_model(environment("$$TRITON_MODEL_DIRECTORY/env.tar.gz")),
        "m/config.pbtxt, line 5: EXECUTION_ENV_PATH names '$$TRITON_MODEL_DIRECTORY/env.tar.gz', "
        "but the archive has no m/env.tar.gz",
    ),
    "environment with a relative path": (
        lambda: python_model(environment("env.tar.gz"), **{"env.tar.gz": "…"}),
        'Write `string_value: "$$TRITON_MODEL_DIRECTORY/env.tar.gz"`',
    ),
    "environment with an absolute path": (
        lambda: python_model(environment("/home/me/env.tar.gz")),
        "a path that the container does not have",
    ),
    "syntax of model.py": (
        lambda: python_model(code=CODE + "    return return\n"),
        "m/1/model.py is not valid Python (line 7: ",
    ),
    "no class in model.py": (
        lambda: python_model(code="x = 1\n"),
        "m/1/model.py has no class TritonPythonModel",
    ),
    "execute that returns nothing": (
        lambda: python_model(code=CODE.replace("return [", "x = [")),
        "m/1/model.py, line 5: the method `execute` returns nothing",
    ),
    "decoupled": (
        lambda: python_model(PYTHON_CONFIG + "model_transaction_policy {\n  decoupled: true\n}\n"),
        "m/config.pbtxt, line 6: the model is decoupled",
    ),
    "GPU that is not there": (
        lambda: onnx_model(ONNX_CONFIG + "instance_group [ { kind: KIND_GPU gpus: [ 3 ] } ]\n"),
        "m/config.pbtxt, line 5: instance_group names the GPU 3",
    ),
    "GPU that the instance has not, of KIND_AUTO": (
        lambda: onnx_model(ONNX_CONFIG + "instance_group [ { count: 2 gpus: [ 3 ] } ]\n"),
        "m/config.pbtxt, line 5: instance_group names the GPU 3",
    ),
    "profile of a model without TensorRT": (
        lambda: onnx_model(ONNX_CONFIG + 'instance_group [ { profile: "0" } ]\n'),
        "m/config.pbtxt, line 5: instance_group has a profile",
    ),
    "shape tensor": (
        lambda: python_model(PYTHON_CONFIG.replace("[ 4 ]", "[ 4 ] is_shape_tensor: true")),
        "m/config.pbtxt, line 3: the input x has is_shape_tensor, which only TensorRT models have",
    ),
    "format of a picture": (
        lambda: python_model(PYTHON_CONFIG.replace("[ 4 ]", "[ 4 ] format: FORMAT_NHWC")),
        "m/config.pbtxt, line 3: the input x has the format FORMAT_NHWC, which needs three dims",
    ),
    "runtime that is missing": (
        lambda: python_model(PYTHON_CONFIG + 'runtime: "libmine.so"\n'),
        "m/config.pbtxt, line 5: the backend python has no runtime libmine.so",
    ),
    "return outside of a function": (
        lambda: python_model(code=CODE + "return 1\n"),
        "m/1/model.py is not valid Python (line 7: 'return' outside function)",
    ),
    "octal number": (
        lambda: python_model(PYTHON_CONFIG.replace("size: 8", "size: 08")),
        "m/config.pbtxt cannot be read: line 2: 08 begins with 0",
    ),
    "version -1": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "-1/model.onnx": onnx()},
        "Triton ignores the folder m/-1",
    ),
    "GPUs of a KIND_CPU": (
        lambda: onnx_model(ONNX_CONFIG + "instance_group [ { kind: KIND_CPU gpus: [ 0 ] } ]\n"),
        "an instance_group of the kind KIND_CPU names GPUs",
    ),
    "TensorFlow after its last release": (
        lambda: tensorflow_model(saved_model()),
        "m/config.pbtxt, line 1: Triton serves tensorflow_savedmodel in its releases up to 25.02",
    ),
    "SavedModel: name": (
        lambda: tensorflow_model(saved_model(), IO.replace('"x"', '"serving_default_x"')),
        "m/config.pbtxt, line 3: the input 'serving_default_x' is not in the signature of "
        "1/model.savedmodel/saved_model.pb",
    ),
    "SavedModel: type": (
        lambda: tensorflow_model(saved_model(outputs={"y": (DOUBLE, [-1, 3])})),
        "m/config.pbtxt, line 4: the output 'y' is FP32, but FP64 in 1/model.savedmodel",
    ),
    "SavedModel: type that Triton has not": (
        lambda: tensorflow_model(saved_model({"x": (BFLOAT16, [-1, 4])})),
        "line 3: the input 'x' is FP32, but of a type that Triton does not have in 1/model",
    ),
    "SavedModel: dims of an input": (
        lambda: tensorflow_model(saved_model({"x": (FLOAT, [-1, 5])})),
        "line 3: the input 'x' has the dims [4], but the shape [-1, 5] in 1/model.savedmodel/"
        "saved_model.pb, and max_batch_size 8 puts the batch first.\nFix: Write `dims: [5]`",
    ),
    "SavedModel: reshape of an input": (
        lambda: tensorflow_model(
            saved_model({"x": (FLOAT, [-1, 5])}),
            IO.replace("[ 4 ] }", "[ 4 ]\n  reshape { shape: [ 2, 2 ] } }"),
        ),
        "line 4: the input 'x' has the reshape [2, 2], but the shape [-1, 5] in 1/model.savedmodel/"
        "saved_model.pb, and max_batch_size 8 puts the batch first.\nFix: Write `reshape: { shape: "
        "[5] }`",
    ),
    "SavedModel: dims of an output that the model leaves open": (
        lambda: tensorflow_model(saved_model(outputs={"y": (FLOAT, [-1, -1])})),
        "line 4: the output 'y' has the dims [3], but the shape [-1, -1]",
    ),
    "SavedModel: batch": (
        lambda: tensorflow_model(saved_model({"x": (FLOAT, [1, 4])})),
        "line 2: max_batch_size is 8, but 'x' has the shape [1, 4] in 1/model.savedmodel",
    ),
    "SavedModel: no signature": (
        lambda: tensorflow_model(saved_model(signatures=INITIALIZER)),
        "m/1/model.savedmodel/saved_model.pb has no signature for requests",
    ),
    "SavedModel: tag": (
        lambda: tensorflow_model(saved_model(tag="train")),
        "is not a SavedModel that Triton can load: it has 0 graphs with the tag 'serve'",
    ),
    "SavedModel: no protobuf": (
        lambda: tensorflow_model(b"no model"),
        "m/1/model.savedmodel/saved_model.pb is not a SavedModel that Triton can load",
    ),
    "SavedModel without its graph": (
        lambda: {
            "config.pbtxt": 'platform: "tensorflow_savedmodel"\n' + IO,
            "1/model.savedmodel/variables/variables.index": "",
        },
        "the backend tensorflow reads m/1/model.savedmodel, and there is no such folder",
    ),
    "byte order mark": (
        lambda: onnx_model("\ufeff" + ONNX_CONFIG),
        "m/config.pbtxt, line 1: it begins with a byte order mark",
    ),
    "a string in another encoding": (
        lambda: {**onnx_model(), "config.pbtxt": ONNX_CONFIG.encode() + b'name: "caf\xe9"'},
        "m/config.pbtxt cannot be read: line 5: a string is not UTF-8 text",
    ),
    "NUL in a comment": (
        lambda: onnx_model(ONNX_CONFIG + "# a\0b\n"),
        "m/config.pbtxt cannot be read: line 5: '\\x00b\\n' is not understood",
    ),
    "warm-up of a larger batch": (
        lambda: python_model(PYTHON_CONFIG + warmup("zero_data: true", batch=9)),
        "m/config.pbtxt, line 5: the warm-up request 'w' has the batch_size 9, and max_batch_size "
        "is 8.\nFix: Write a batch_size of at most 8",
    ),
    "warm-up batch of a model without batches": (
        lambda: python_model(
            PYTHON_CONFIG.replace("size: 8", "size: 0") + warmup("zero_data: true", batch=2)
        ),
        "m/config.pbtxt, line 5: the warm-up request 'w' has the batch_size 2",
    ),
    "warm-up batch above Triton's own max_batch_size": (
        lambda: onnx_model('platform: "onnxruntime_onnx"\n' + warmup("zero_data: true", batch=5)),
        "m/config.pbtxt, line 2: the warm-up request 'w' has the batch_size 5, and max_batch_size "
        "is 4",
    ),
    "warm-up file with too few texts": (
        lambda: texts("\1\0\0\0a" * 3),
        "m/warmup/t has 3 texts, but the warm-up input 'x' needs 4 (STRING [4])",
    ),
    "warm-up file with too many texts": (
        lambda: texts("\0\0\0\0" * 9),
        "m/warmup/t has 5 texts or more",
    ),
    "warm-up file with texts without lengths": (lambda: texts("good\n"), "m/warmup/t has 0 texts"),
    "default_model_filename in the model's folder": (
        lambda: python_file("../other.py"),
        "m/config.pbtxt, line 5: the file '../other.py' is not a module that Triton's Python "
        "backend can import",
    ),
    "absolute default_model_filename": (
        lambda: python_file("/model.py"),
        "the file '/model.py' is not a module",
    ),
    "default_model_filename with a dot": (
        lambda: python_file("net.v2.py"),
        "the file 'net.v2.py' is not a module",
    ),
    "default_model_filename in a folder like one of Python's modules": (
        lambda: python_file("../code/other.py"),
        "the file '../code/other.py' is not a module",
    ),
    "default_model_filename with a space": (
        lambda: python_file("my net.py"),
        "the file 'my net.py' has ' ' in its name",
    ),
    "default_model_filename that is no .py": (
        lambda: python_file("net"),
        "the file 'net' does not end with .py",
    ),
    "default_model_filename of a folder": (
        lambda: onnx_model(ONNX_CONFIG + 'default_model_filename: "model.onnx/"\n'),
        "m/config.pbtxt, line 5: the backend onnxruntime reads m/1/model.onnx/, and there is no "
        "such file",
    ),
    "ONNX with a cycle": (
        lambda: {"config.pbtxt": ONNX_CONFIG, "1/model.onnx": cyclic_onnx()},
        "m/1/model.onnx in the archive: ONNX Runtime cannot load the ONNX model: its graph has a "
        "cycle, so the value y depends on itself",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    files, message = REFUSED[case]
    with pytest.raises(Rejection) as caught:
        inspected(archive({"m": files()}))
    assert message in str(caught.value)


def test_empty_version_is_refused() -> None:
    content = archive({"m": {"config.pbtxt": ONNX_CONFIG}}, folders=("m/1",))
    with pytest.raises(Rejection, match=r"reads m/1/model.onnx, .* m/1: it is empty"):
        inspected(content)


def test_gpu_on_an_instance_without() -> None:
    content = archive({"m": onnx_model(ONNX_CONFIG + "instance_group [ { kind: KIND_GPU } ]\n")})
    with pytest.raises(Rejection, match=r"m/config.pbtxt, line 5: instance_group has the kind"):
        inspected(content, spec=CPU)
    assert inspected(content)


def test_name_with_a_white_space_is_refused() -> None:
    with pytest.raises(Rejection, match="white space in its name: 'my model'"):
        inspected(archive({"my model": onnx_model()}))


@pytest.mark.parametrize("name", ["größe", "模型", "it's"])
def test_name_outside_of_ascii_is_refused(name: str) -> None:
    with pytest.raises(Rejection, match="Python backend cannot open such a path"):
        inspected(archive({name: onnx_model()}))


ACCEPTED: dict[str, Callable[[], Files]] = {
    "ONNX": onnx_model,
    "TorchScript": torch_model,
    "Python": python_model,
    "backend alone": lambda: onnx_model('backend: "onnxruntime"\n' + IO),
    "neither, but a file that tells": lambda: onnx_model(IO),
    "default_model_filename": lambda: {
        "config.pbtxt": ONNX_CONFIG + 'default_model_filename: "net.onnx"\n',
        "1/net.onnx": onnx(),
    },
    "comments in another encoding": lambda: {
        **onnx_model(),
        "config.pbtxt": b"# gr\xfc\xdfe\n" + ONNX_CONFIG.encode() + b"# caf\xe9",
    },
    "a file in a folder of the version": lambda: python_file("net/other.py"),
    "a file in another folder of the model": lambda: python_file("../net/other.py"),
    "an ONNX file next to the versions": lambda: {
        "config.pbtxt": ONNX_CONFIG + 'default_model_filename: "../net.onnx"\n',
        "net.onnx": onnx(),
        "1/readme.txt": "",
    },
    "a warm-up of the largest batch": lambda: onnx_model(
        ONNX_CONFIG + warmup("zero_data: true", batch=8)
    ),
    "a warm-up of one without batches": lambda: python_model(
        PYTHON_CONFIG.replace("size: 8", "size: 0") + warmup("zero_data: true")
    ),
    "a warm-up of Triton's own max_batch_size": lambda: onnx_model(
        'platform: "onnxruntime_onnx"\n' + warmup("zero_data: true", batch=4)
    ),
    "a warm-up of a batch size that the code adds": lambda: python_model(
        PYTHON_CONFIG.replace("size: 8", "size: 0") + warmup("zero_data: true", batch=2),
        code=CODE + "    @staticmethod\n    def auto_complete_config(config):\n"
        "        return config\n",
    ),
    "a warm-up with empty texts": lambda: python_model(
        PYTHON_CONFIG.replace("FP32", "STRING", 1) + warmup("zero_data: true", dtype="STRING")
    ),
    "a warm-up with texts": lambda: texts("\1\0\0\0a" * 4),
    "weights next to the model": lambda: {
        "config.pbtxt": ONNX_CONFIG,
        "1/model.onnx": onnx_with_separate_weights()[0],
        "1/model.onnx.data": onnx_with_separate_weights()[1],
    },
    "an operator of the model's own library": lambda: {
        "config.pbtxt": ONNX_CONFIG + 'model_operations { op_library_filename: "mine.so" }\n',
        "1/model.onnx": onnx_with_an_operator("MadeUp"),
    },
    "a folder model.onnx": lambda: {
        "config.pbtxt": ONNX_CONFIG,
        "1/model.onnx/model.onnx": onnx(),
    },
    "the newest version alone counts": lambda: {
        **onnx_model(),
        "2/model.onnx": onnx(),
        "1/x": "",
    },
    "the largest version": lambda: {
        "config.pbtxt": ONNX_CONFIG,
        f"{2**63 - 1}/model.onnx": onnx(),
    },
    "a runtime of the archive": lambda: python_model(
        PYTHON_CONFIG + 'runtime: "libmine.so"\n', **{"libmine.so": ""}
    ),
    "further folders": lambda: onnx_model(
        **{"warmup/x": "", "configs/c.pbtxt": "", "docs/x": "", "002/x": ""}
    ),
    "labels": lambda: onnx_model(LABELS, **{"labels.txt": "a\nb\nc"}),
    "numbers of enums": lambda: onnx_model(ONNX_CONFIG.replace("TYPE_FP32", "11")),
    "a default value twice": lambda: onnx_model("max_batch_size: 0\n" + ONNX_CONFIG),
    "one value without brackets": lambda: onnx_model(ONNX_CONFIG.replace("[ 4 ]", "4")),
    "colons before messages": lambda: onnx_model(ONNX_CONFIG.replace("input [", "input: [")),
    "rarer fields": lambda: onnx_model(
        ONNX_CONFIG
        + "optimization { graph { level: -1 } cuda { graphs: true } }\n"
        + 'parameters { key: "intra_op_thread_count" value { string_value: "2" } }\n'
        + "response_cache { enable: true }\n"
        + "dynamic_batching { max_queue_delay_microseconds: 100 preferred_batch_size: 4 }\n"
    ),
    "an environment in the archive": lambda: python_model(
        environment("$$TRITON_MODEL_DIRECTORY/env.tar.gz"), **{"env.tar.gz": "…"}
    ),
    "an environment at its place on SageMaker": lambda: python_model(
        environment("/opt/ml/model/m/env.tar.gz"), **{"env.tar.gz": "…"}
    ),
    "an environment for several models": lambda: python_model(
        environment("$$TRITON_MODEL_DIRECTORY/../env.tar.gz")
    ),
    "a backend's library": lambda: {
        "config.pbtxt": 'backend: "mine"\n' + IO,
        "1/libtriton_mine.so": "",
    },
    "a backend without files": lambda: {"config.pbtxt": 'backend: "identity"\n' + IO, "1/x": ""},
    "Python code that imports its class": lambda: python_model(code="from mine import *\n"),
    "Python code that raises": lambda: python_model(
        code=CODE.replace("return [", "x = [") + "        raise ValueError\n"
    ),
    "a non-batching model": lambda: {
        "config.pbtxt": ONNX_CONFIG.replace("size: 8", "size: 0")
        .replace("[ 4 ]", "[ 1, 4 ]")
        .replace("[ 3 ]", "[ 1, 3 ]"),
        "1/model.onnx": fixed_onnx(),
    },
    "reshape": lambda: onnx_model(
        ONNX_CONFIG.replace("[ 4 ]", "[ 2, 2 ] reshape { shape: [ 4 ] }")
    ),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str) -> None:
    assert inspected(archive({"m": ACCEPTED[case]()})).default_model == "m"


def test_configs_are_refused_beyond_a_number_of_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each config has few enough words, but an archive may have many configs."""
    monkeypatch.setattr(archive_configs, "MAX_CONFIG_TOKENS", 1_000)
    long: Files = {"config.pbtxt": "a: 1 " * 200, "1/x": ""}
    with pytest.raises(Rejection, match=r"b/config.pbtxt is too large: more than 1,000 names"):
        inspected(archive({"a": long, "b": long}), "a")


def test_models_that_are_not_loaded_are_not_checked() -> None:
    content = archive({"m": onnx_model(), "n": {"config.pbtxt": "not a config {", "1/x": ""}})
    assert inspected(content, "m").default_model == "m"


NO_BATCH = IO.replace("size: 8", "size: 0")
SAVED_MODELS: dict[str, Files] = {
    "the same": tensorflow_model(saved_model()),
    "an input that the model leaves open": tensorflow_model(saved_model({"x": (FLOAT, [-1, -1])})),
    "shapes of an unknown rank": tensorflow_model(
        saved_model({"x": (FLOAT, None)}, {"y": (FLOAT, None)})
    ),
    "no batch": tensorflow_model(saved_model({"x": (FLOAT, [4])}, {"y": (FLOAT, [3])}), NO_BATCH),
    "a batch size that Triton adds": tensorflow_model(saved_model(), NO_BATCH),
    "another signature, the only one": tensorflow_model(saved_model(name="predict")),
    "two others, of which Triton takes any": tensorflow_model(
        saved_model(signatures={"a": signature(X, Y), "b": signature({}, {})})
    ),
    "the signature that the config names": tensorflow_model(
        saved_model(signatures={"serving_default": signature({}, {}), "mine": signature(X, Y)}),
        IO + 'parameters { key: "TF_SIGNATURE_DEF" value { string_value: "mine" } }\n',
    ),
    "the tag that the config names": tensorflow_model(
        saved_model(tag="mine"),
        IO + 'parameters { key: "TF_GRAPH_TAG" value { string_value: "mine" } }\n',
    ),
}


@pytest.mark.parametrize("case", SAVED_MODELS)
def test_tensorflow_in_its_last_release(case: str) -> None:
    assert inspected(archive({"m": SAVED_MODELS[case]}), release="25.02")


def test_a_model_with_sequences_has_a_warning() -> None:
    content = archive({"m": python_model(PYTHON_CONFIG + "sequence_batching { }\n")})
    warned = [each.code for each in inspected(content).warnings]
    assert WarningCode.SEQUENCES in warned
    plain = inspected(archive({"m": python_model(PYTHON_CONFIG)})).warnings
    assert WarningCode.SEQUENCES not in [each.code for each in plain]


def test_a_model_with_sequences_has_no_shadow_test() -> None:
    content = archive({"m": python_model(PYTHON_CONFIG + "sequence_batching { }\n")})
    with pytest.raises(SpecRejected, match="each request of this model belongs to a sequence"):
        inspected(content, spec="rollout: {strategy: shadow}")
    assert inspected(archive({"m": python_model()}), spec="rollout: {strategy: shadow}")
