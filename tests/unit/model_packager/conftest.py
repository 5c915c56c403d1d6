"""Files of models. Fixtures import torch, because some tests need none, and it takes seconds."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

Save = Callable[..., io.BytesIO]
Zipped = Callable[[dict[str, bytes]], io.BytesIO]


@pytest.fixture(scope="session")
def save() -> Save:
    """A function that saves a compiled module, with files under extra/."""
    import torch

    jit: Any = torch.jit  # its functions are untyped

    def to_file(script: Any, **extra: str) -> io.BytesIO:
        file = io.BytesIO()
        names = {
            name.replace("_yaml", ".yaml").replace("_txt", ".txt"): extra[name] for name in extra
        }
        jit.save(script, file, _extra_files=names)
        file.seek(0)
        return file

    return to_file


@pytest.fixture(scope="session")
def zipped() -> Zipped:
    """A function that returns a deflated zip archive of the entries, in order."""

    def to_file(entries: dict[str, bytes]) -> io.BytesIO:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        file.seek(0)
        return file

    return to_file


@pytest.fixture(scope="session")
def traced_file(save: Save) -> bytes:
    """A small traced model: x FP32[1, 3] to FP32[1, 2]."""
    import torch

    trace: Any = torch.jit.trace
    linear = torch.nn.Linear(3, 2).eval()
    return save(trace(linear, torch.rand(1, 3), check_trace=False)).getvalue()
