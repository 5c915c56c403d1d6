"""Writes the first deploy.yaml and golden sample of a model, from a run on this computer."""

from __future__ import annotations

import base64
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model_packager import golden_sample
from model_packager.names.drop import SPEC_FILE
from model_packager.rejection import SpecRejected
from model_packager.sagemaker.payload_fit import largest_test_request
from model_packager.signature import DEFAULT_MAX_BATCH_SIZE
from modeldrop.dropping.drop import SAMPLE_FOLDER, Drop, weight_files
from modeldrop.dropping.offline_inspection import (
    inspect_drop,
    inspect_text,
    read_file,
    read_spec,
)
from modeldrop.errors import require_suffix
from modeldrop.model_run.correction import run_and_correct
from modeldrop.model_run.deploy_yaml import input_lines, signature_lines
from modeldrop.model_run.run import SampleFiles

if TYPE_CHECKING:
    from model_packager.inspection import Inspection
    from modeldrop.model_run.correction import ModelRun


@dataclass(frozen=True)
class InitialFiles:
    """The files that were written next to the model.

    Attributes:
        files: deploy.yaml, sample/input.* and sample/expected.npz.
        run: the run that the files are from.
    """

    files: tuple[Path, ...]
    run: ModelRun


def existing_files(model: Path) -> list[Path]:
    """Return the files next to a model that `write_initial_files` would replace."""
    folder = model.parent / SAMPLE_FOLDER
    sample = sorted(
        each
        for stem in ("input", "expected")
        for each in (folder.glob(f"{stem}.*") if folder.is_dir() else ())
    )
    spec = model.parent / SPEC_FILE
    return [*([spec] if spec.is_file() else []), *sample]


def write_initial_files(model: Path, name: str, given: Path | None) -> InitialFiles:
    """Run a model, and write deploy.yaml and sample/ next to it.

    An existing deploy.yaml keeps its lines except `outputs`. An existing sample is replaced.

    Args:
        model: the model's file.
        name: the model's name.
        given: the input of the sample; None for random data.

    Raises:
        ModelRejected, SpecRejected: Triton cannot serve the model.
        ModelClientError: the input is unreadable, or does not fit the model.
        UsageError, NotRun: as for `run_model`, or the suffix of the input is unknown.
    """
    if given is not None:
        require_suffix(given, golden_sample.INPUT_SUFFIXES)
    text = read_spec(model, None)

    def inspect(text: str | None) -> Inspection:
        return inspect_text(model, text, name)

    if text is None:
        text = _declared_inputs(model, name, given)
    run = run_and_correct(model, text, inspect, SampleFiles(given), keep_outputs=True)
    with tempfile.TemporaryDirectory(prefix="modeldrop-init-") as folder:
        draft = Path(folder)
        kept = read_spec(model, None) is not None and run.text is not None
        spec = run.text if kept and run.text else signature_lines(run.inspection.signature)
        (draft / SPEC_FILE).write_text(spec, encoding="utf-8")
        _write_sample(draft / SAMPLE_FOLDER, given, run)
        inspect_drop(
            Drop(
                name,
                model,
                draft / SPEC_FILE,
                draft / SAMPLE_FOLDER,
                weights=weight_files(model),
            )
        )
        for old in existing_files(model):
            old.unlink()
        return InitialFiles(tuple(_put(draft, model.parent)), run)


def _declared_inputs(model: Path, name: str, given: Path | None) -> str | None:
    """Return the lines of the inputs from the arrays of the sample, if the model needs them."""
    try:
        inspect_text(model, None, name)
    except SpecRejected as rejected:
        if given is None or given.suffix.lower() not in (".npy", ".npz"):
            raise SpecRejected(
                rejected.cause,
                f"Pass an input as NumPy arrays (--input input.npz), or do this: {rejected.fix}",
            ) from rejected
        return input_lines(_shapes(given), DEFAULT_MAX_BATCH_SIZE)
    return None


def _shapes(given: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    from tritonclient.utils import np_to_triton_dtype  # imported here, because it imports numpy

    from model_client.arrays import read_numpy
    from model_client.sample_file import File
    from model_packager.dtype import config_name

    arrays = read_numpy(File(given.name, read_file(given)), "INPUT__0")
    return {
        name: (str(config_name(np_to_triton_dtype(array.dtype))), array.shape)
        for name, array in arrays.items()
    }


def _write_sample(folder: Path, given: Path | None, run: ModelRun) -> None:
    folder.mkdir()
    if given is not None:
        shutil.copyfile(given, folder / f"input{given.suffix.lower()}")
    else:
        from model_client.arrays import npz_of  # imported here, as above
        from model_client.tensors import input_of

        spec = run.inspection.spec
        limit = largest_test_request(spec.hosting)
        test_input = input_of(None, run.inspection.signature, spec.smoke_test, limit)
        (folder / "input.npz").write_bytes(npz_of(test_input.tensors, compressed=True))
    (folder / "expected.npz").write_bytes(base64.b64decode(run.result.values or ""))


def _put(draft: Path, folder: Path) -> list[Path]:
    written = []
    for file in sorted(each for each in draft.rglob("*") if each.is_file()):
        target = folder / file.relative_to(draft)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, target)
        written.append(target)
    return written
