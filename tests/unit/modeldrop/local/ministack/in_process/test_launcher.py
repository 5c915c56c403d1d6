from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from modeldrop.local import tools
from modeldrop.local.ministack.in_process import launcher
from modeldrop.local.ministack.in_process.patches import Patch


def test_patch_without_a_matching_text_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = tmp_path / "ministack" / "core" / "lambda_runtime.py"
    module.parent.mkdir(parents=True)
    module.write_text("nothing that the patches look for\n")
    (tmp_path / "ministack" / "__init__.py").touch()
    metadata = tmp_path / f"ministack-{tools.MINISTACK_VERSION}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Name: ministack\nVersion: {tools.MINISTACK_VERSION}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    # Another test may have imported the installed MiniStack.
    monkeypatch.delitem(sys.modules, "ministack", raising=False)

    with pytest.raises(SystemExit, match="occurs 0 times, not once"):
        launcher.check()


def test_patched_bytecode_is_kept_for_the_same_text_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.py"
    file.write_text("value = 1\n")

    def kept() -> list[Path]:
        return list(tmp_path.glob("__pycache__/*"))

    def value(new: str) -> int:
        monkeypatch.setattr(launcher, "PATCHES", [Patch("numbers", "", "value = 1", new)])
        loader = launcher._PatchingLoader("numbers", str(file))
        module = ModuleType("numbers")
        loader.exec_module(module)
        found: int = module.value
        return found

    assert (value("value = 2"), value("value = 3")) == (2, 3)
    assert len(kept()) == 1
    first = kept()[0].stat()
    assert value("value = 3") == 3
    assert kept()[0].stat() == first
    kept()[0].write_bytes(b"damaged")
    assert value("value = 3") == 3
