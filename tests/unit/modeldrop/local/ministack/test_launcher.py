from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modeldrop.local import tools
from modeldrop.local.ministack import launcher


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
