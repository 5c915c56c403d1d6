"""Starts MiniStack with the patches of `patches.py`.

MiniStack's own Python runs this script (``python -P launcher.py``). The installed package stays
unchanged; the launcher applies the patches when it loads the modules. The original text of each
patch must occur exactly once in the pinned version, or MiniStack does not start. So every patch has
to be reviewed for an update.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import marshal
import os
import runpy
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

if __name__ == "__main__":  # this package is not installed in MiniStack's Python
    sys.path.append(str(Path(__file__).resolve().parents[4]))

from modeldrop.local.ministack.in_process.patches import PATCHES
from modeldrop.local.tools import MINISTACK_VERSION


class _PatchingLoader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        # Python's cache has the bytecode of the unpatched module. This cache is for the patched
        # text, because compiling all modules takes more than a second at each start.
        path = self.get_filename(fullname)
        source = self.get_data(path).decode("utf-8-sig")
        for patch in PATCHES:
            if patch.module == fullname:
                source = source.replace(patch.old, patch.new)
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        cache = Path(importlib.util.cache_from_source(path, optimization=f"patched{digest}"))
        with contextlib.suppress(OSError, EOFError, ValueError):
            code: CodeType = marshal.loads(cache.read_bytes())  # noqa: S302 - next to MiniStack's code
            return code
        code = compile(source, path, "exec", dont_inherit=True)
        for older in cache.parent.glob(f"{cache.name.partition('patched')[0]}patched*"):
            older.unlink(missing_ok=True)
        self.set_data(str(cache), marshal.dumps(code))  # in one step; an error is ignored
        return code


class _PatchingFinder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in {patch.module for patch in PATCHES}:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        spec.loader = _PatchingLoader(fullname, spec.origin)
        return spec


def check() -> None:
    """Exit with a message unless every patch fits the installed MiniStack."""
    installed = importlib.metadata.version("ministack")
    if installed != MINISTACK_VERSION:
        sys.exit(f"MiniStack {MINISTACK_VERSION} is required, but {installed} is installed.")
    for patch in PATCHES:
        count = _source(patch.module).count(patch.old)
        if count != 1:
            sys.exit(
                f"A patch does not fit MiniStack {installed}: in {patch.module} this text occurs "
                f"{count} times, not once:\n{patch.old}"
            )


def _source(module: str) -> str:
    # Found by path, because find_spec would import the parent packages and half of MiniStack.
    package, *rest = module.split(".")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{package} is not installed for {sys.executable}.")
    return Path(spec.submodule_search_locations[0], *rest).with_suffix(".py").read_text()


def main() -> None:
    """Check and apply the patches, run MiniStack, and stop its Lambda workers afterwards."""
    check()
    sys.meta_path.insert(0, _PatchingFinder())
    sys.argv = ["ministack"]
    try:
        runpy.run_module("ministack", run_name="__main__")
    finally:
        if os.getpgrp() == os.getpid():  # only if this process leads its group
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    main()
