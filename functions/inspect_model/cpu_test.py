"""The files for the CPU test, as URLs: Run Model has no permission to read the drop bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.formats.onnx.format import ONNX
from model_packager.formats.registry import format_of
from model_packager.golden_sample import FOLDER
from model_packager.model_warnings import ModelWarning, cpu_test_skipped
from workflow.contracts.deploy_model import CpuTest, CpuTestFile
from workflow.drop.source_object import presigned_url, sidecar_source, source_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from model_packager.stored import Source
    from workflow.contracts.deploy_model import Sidecar

URL_SECONDS = 300
"""Run Model starts at once, and may be retried for a minute if Lambda throttles it."""

MAX_BYTES = 400 * 1024 * 1024
"""The maximum for all files: the function has 512 MB of storage, and the model needs memory."""

MAX_FILES = 8
"""A URL takes about 2 KB, and a state's data is limited to 256 KB."""


def cpu_test(
    source: Source,
    weights: Sequence[Sidecar],
    sample: Sequence[Sidecar],
    wanted: Literal["off", "onnx"],
) -> tuple[CpuTest | None, tuple[ModelWarning, ...]]:
    """Return the files; None, with a warning where it helps, if there is no CPU test.

    Args:
        source: the model.
        weights: the weight files next to the model.
        sample: the files of its golden sample.
        wanted: the value of the stack parameter CpuTest.

    Raises:
        SourceChanged: a file was overwritten or deleted.
    """
    if wanted == "off" or format_of(source.key) is not ONNX:
        return None, ()
    sidecars = [(each.name, sidecar_source(source, each)) for each in (*weights, *sample)]
    objects = [(ONNX.object_name, source), *sidecars]
    if len(objects) > MAX_FILES:
        reason = f"it has {len(objects)} files, and the CPU test takes at most {MAX_FILES}"
        return None, (cpu_test_skipped(reason),)
    sizes = [source_size(each) for _name, each in objects]
    if sum(sizes) > MAX_BYTES:
        reason = f"its files have {sum(sizes):,} bytes, and the CPU test takes {MAX_BYTES:,}"
        return None, (cpu_test_skipped(reason),)
    files = tuple(
        CpuTestFile(name=name, url=presigned_url(each, URL_SECONDS), etag=each.etag, size=size)
        for (name, each), size in zip(objects, sizes, strict=True)
    )
    names = [each.name for each in sample]
    return CpuTest(
        files=files,
        input=_file_with_stem(names, "input"),
        expected=_file_with_stem(names, "expected"),
    ), ()


def _file_with_stem(names: Sequence[str], stem: str) -> str | None:
    return next((each for each in names if each.startswith(f"{FOLDER}{stem}.")), None)
