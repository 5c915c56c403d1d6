"""Write docs/model-files.md: the formats, and what Inspect Model reports for real files.

`make pages` runs it.
"""

import io
import warnings
from pathlib import Path

from model_packager.formats.base import ModelFormat
from model_packager.formats.registry import all_formats, format_of
from model_packager.inspection import Inspection, inspect_model
from model_packager.rejection import Rejection, SpecRejected
from modeldrop.dropping.offline_inspection import DEFAULT_INSTANCE_TYPE
from modeldrop.local.sagemaker.triton.missing_backends import UNSUPPORTED
from tests.unit.model_packager.formats.triton_repository.repositories import (
    CODE,
    PYTHON_CONFIG,
    archive,
    python_model,
)
from tests.unit.model_packager.model_files import FILES, ModelFile
from tests.unit.model_packager.onnx_files import ONNX_FILES, WEIGHTS

PAGE = Path(__file__).parent.parent / "docs" / "model-files.md"

OPENING = """\
# Model files

`scripts/write_model_files_page.py` writes this page, and a test fails if it is out of date.

## Formats

The object's name in the drop bucket selects the format: `[any/prefix/]<model name>/<object>`.

{formats}
## What Inspect Model reports

Each file below was made for this page and inspected as a `model.pt`, unless a heading says
otherwise. `modeldrop inspect` and the
Inspect Model state share the code: it reads a few hundred kilobytes, and neither unpickles nor runs
any of them.
"""

REPOSITORIES = """\
## Model repositories

Inspect Model unpacks `model.tar.gz` once. Then it reads the parts of the models that it needs, with
the code for single files. Memory does not grow with the archive. It checks only the models that the
container loads: the one that serves requests, the steps of its ensemble, and the models that Python
code calls. Errors name the file, and the line of `config.pbtxt`.

A `config.pbtxt` without inputs and outputs, or none at all, is fine if Triton completes it:

- ONNX: `modeldrop inspect` shows the completed config. If every input and output has a variable
  first dimension, Triton takes it for the batch, sets `max_batch_size` to 4, and turns on
  dynamic batching.
- TensorRT, TensorFlow SavedModel, OpenVINO, and a `model.py` with `auto_complete_config`:
  `deploy.yaml` declares `max_batch_size`, `inputs` and `outputs` for the smoke test.
- Other models need all inputs and outputs in `config.pbtxt`.
"""

REJECTED_REPOSITORIES = {
    "Archive": (
        "zip, plain tar, bzip2, xz and zstd (with the command that converts them), links, "
        "devices, paths outside the archive"
    ),
    "Folders": (
        "no folder for the model, a white space, a quote or a letter outside of ASCII in its name, "
        "no version, a version such as `01` or `v1`, a version without the model's file"
    ),
    "`config.pbtxt`": (
        "a byte order mark, text in another encoding except in comments, unknown fields, two "
        "values for one field, values of another type, such as `FP32` for `TYPE_FP32`"
    ),
    "Backend": (
        "neither backend nor platform, an unknown one, a platform of another backend, "
        "TensorFlow after 25.02, TensorRT without a GPU"
    ),
    "Named files": (
        "`default_model_filename` (for Python also a name that Python cannot import, such as "
        "`../other.py`), `label_filename`, data of a warm-up or of an initial state, "
        "`EXECUTION_ENV_PATH`"
    ),
    "Model file": (
        "a state_dict, another format, a damaged file; inputs, outputs, data types, dims and "
        "`max_batch_size` that differ from the ONNX model or from the SavedModel's signature; an "
        "ONNX graph with a cycle or two results of one name; another number of inputs than "
        "`forward` takes"
    ),
    "`model.py`": (
        "a syntax error, no class `TritonPythonModel`, an `execute` that returns nothing, methods "
        "with other arguments, a start that always raises an exception or reads a missing file"
    ),
    "Scheduling": (
        "priorities, sequence controls, states and batch inputs that contradict each other, a "
        "warm-up request that the model does not accept or whose batch exceeds `max_batch_size`"
    ),
    "Ensemble": (
        "a step without its model, an unknown or missing key of `input_map` and `output_map`, "
        "tensors of different types or dims, a tensor that nobody writes or reads"
    ),
    "Calls": "a call of a model that the archive does not have (Business Logic Scripting)",
    "Instances": "`KIND_GPU` on a type without a GPU, `gpus` that it does not have, of any kind",
    "Responses": (
        "`decoupled: true` for the model that serves requests: InvokeEndpoint returns one response"
    ),
}

FORMATS_HEAD = """\
| Object | What it is | deploy.yaml must contain | Where it runs |
|---|---|---|---|
"""


def page() -> str:
    """Inspect all files, and render the messages that users see."""
    parts = [OPENING.format(formats=formats_table())]
    for chapter, files in FILES.items():
        rows = "\n".join(
            f"| {kind} | {result} | {text} |"
            for kind, (result, text) in ((kind, _inspected(files[kind])) for kind in files)
        )
        parts.append(_chapter(chapter, rows))
    rows = "\n".join(
        f"| {kind} | {result} | {text} |"
        for kind, (result, text) in (
            (kind, _inspected(file, "model.onnx")) for kind, file in ONNX_FILES.items()
        )
    )
    parts.append(_chapter("ONNX, inspected as `model.onnx`", rows))
    rows = "\n".join(
        f"| {kind} | {result} | {text} |"
        for kind, (result, text) in (
            (kind, _inspected(ModelFile(make), "model.tar.gz"))
            for kind, make in WITH_A_WARNING.items()
        )
    )
    parts.append(_chapter("A repository, inspected as `model.tar.gz`", rows))
    return "\n".join((*parts, REPOSITORIES + _rejected_repositories()))


WITH_A_WARNING = {
    "with sequence_batching": lambda: archive(
        {"model": python_model(PYTHON_CONFIG + "sequence_batching { }\n")}
    ),
    "Python code that imports a package": lambda: archive(
        {"model": python_model(code="import torch\n" + CODE)}
    ),
}


def _rejected_repositories() -> str:
    rows = "".join(f"| {what} | {text} |\n" for what, text in REJECTED_REPOSITORIES.items())
    return f"\n| What | Rejected |\n|---|---|\n{rows}"


def _chapter(title: str, rows: str) -> str:
    return f"### {title}\n\n| File | Result | What you read |\n|---|---|---|\n{rows}\n"


def formats_table() -> str:
    """Return one row for each registered format."""
    rows = (
        f"| `{each.object_name}` | {each.summary} | {each.spec} | {_where_it_runs(each)} |\n"
        for each in all_formats()
    )
    return FORMATS_HEAD + "".join(rows)


def _where_it_runs(model_format: ModelFormat) -> str:
    limits = [
        "GPU instances" if model_format.needs_gpu else "",
        f"Triton {model_format.first_release} and later" if model_format.first_release else "",
        f"Triton {model_format.last_release} and earlier" if model_format.last_release else "",
    ]
    what = ", ".join(filter(None, limits)) or "every instance type and Triton release"
    where = (
        "AWS only" if model_format.backend_field[1] in UNSUPPORTED else "AWS and the local cloud"
    )
    return f"{where}: {what}"


def _inspected(file: ModelFile, object_name: str = "model.pt") -> tuple[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns about deprecated ways to save a model
        content = file.make()
    try:
        inspection = inspect_model(
            io.BytesIO(content),
            "model",
            spec=file.spec,
            labels=None,
            instance_type=DEFAULT_INSTANCE_TYPE,
            release=file.release,
            model_format=format_of(object_name),
            sibling_size=WEIGHTS.get,
        )
    except Rejection as rejection:
        result = "needs deploy.yaml" if isinstance(rejection, SpecRejected) else "rejected"
        return result, _in_a_cell(f"{rejection.cause}\n**Fix:** {rejection.fix}")
    if not inspection.warnings:
        return "accepted", _in_a_cell(_signature(inspection))
    messages = [f"{each.cause}\n**What to do:** {each.fix}" for each in inspection.warnings]
    return "accepted, with a warning", _in_a_cell("\n".join(messages))


def _signature(inspection: Inspection) -> str:
    inputs, outputs = (
        ", ".join(f"{each.name} {each.dtype} {list(each.dims)}" for each in tensors)
        for tensors in (inspection.signature.inputs, inspection.signature.outputs)
    )
    return f"{inputs} to {outputs}, max_batch_size {inspection.signature.max_batch_size}"


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
