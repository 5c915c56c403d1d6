"""Write docs/model-files.md: what is said of each kind of file, from real files.

`make pages` runs it.
"""

import io
import warnings
from pathlib import Path

from model_packager.inspection import Inspection, inspect_model
from model_packager.rejection import Rejection, SpecRejected
from modeldrop.dropping.offline_inspection import DEFAULT_INSTANCE_TYPE
from tests.unit.model_packager.model_files import FILES, ModelFile

PAGE = Path(__file__).parent.parent / "docs" / "model-files.md"

OPENING = """\
# What is said of a file

Each file below was made for this page and judged as a `model.pt`, by what `modeldrop inspect` and
the Inspect Model step share: from a few hundred kilobytes, without unpickling or running any of it.
This page is written by `scripts/write_model_files_page.py`; a test fails where it no longer says
what the code does.
"""


def page() -> str:
    """Judge all files, and write down what a user reads."""
    parts = [OPENING]
    for chapter, files in FILES.items():
        rows = "\n".join(
            f"| {kind} | {verdict} | {text} |"
            for kind, (verdict, text) in ((kind, _judged(files[kind])) for kind in files)
        )
        parts.append(f"## {chapter}\n\n| File | Verdict | What you read |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _judged(file: ModelFile) -> tuple[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, on its deprecated ways of saving
        content = file.make()
    try:
        found = inspect_model(
            io.BytesIO(content),
            "model",
            spec=file.spec,
            labels=None,
            instance_type=DEFAULT_INSTANCE_TYPE,
            release=file.release,
        )
    except Rejection as rejection:
        verdict = "needs deploy.yaml" if isinstance(rejection, SpecRejected) else "refused"
        return verdict, _in_a_cell(f"{rejection.cause}\n**Fix:** {rejection.fix}")
    if not found.warnings:
        return "served", _in_a_cell(_signature(found))
    told = [f"{each.cause}\n**What to do:** {each.fix}" for each in found.warnings]
    return "served, with a warning", _in_a_cell("\n".join(told))


def _signature(found: Inspection) -> str:
    inputs, outputs = (
        ", ".join(f"{each.name} {each.dtype} {list(each.dims)}" for each in tensors)
        for tensors in (found.signature.inputs, found.signature.outputs)
    )
    return f"{inputs} to {outputs}, max_batch_size {found.signature.max_batch_size}"


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
