"""Start MiniStack, corrected where it differs from AWS (`patches`).

Run by MiniStack's own Python as a script (``python -P launcher.py``). The installed
package stays as it is; the listed texts are replaced while the modules are loaded. Each text must
occur exactly once in the pinned version, or MiniStack does not start: an update has to look at
every correction again.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import runpy
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

if __name__ == "__main__":  # MiniStack's Python does not have this package installed
    sys.path.append(str(Path(__file__).resolve().parents[3]))

from modeldrop.local.ministack.patches import PATCHES
from modeldrop.local.tools import MINISTACK_VERSION


class _PatchingLoader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        # Straight from the source: the cached bytecode is that of the uncorrected module.
        path = self.get_filename(fullname)
        source = self.get_data(path).decode()
        for correction in PATCHES:
            if correction.module == fullname:
                source = source.replace(correction.old, correction.new)
        return compile(source, path, "exec", dont_inherit=True)


class _PatchingFinder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in {correction.module for correction in PATCHES}:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        spec.loader = _PatchingLoader(fullname, spec.origin)
        return spec


def check() -> None:
    """Exit with a message unless every correction fits the installed MiniStack."""
    installed = importlib.metadata.version("ministack")
    if installed != MINISTACK_VERSION:
        sys.exit(f"MiniStack {MINISTACK_VERSION} is needed, but {installed} is installed.")
    for correction in PATCHES:
        found = _source(correction.module).count(correction.old)
        if found != 1:
            sys.exit(
                f"MiniStack {installed} is not what {Path(__file__).name} was written for: in "
                f"{correction.module} this text occurs {found} times, not once:\n{correction.old}"
            )


def _source(module: str) -> str:
    # Found by path: find_spec would import the parent packages, and with them half of MiniStack.
    package, *rest = module.split(".")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{package} is not installed for {sys.executable}.")
    return Path(spec.submodule_search_locations[0], *rest).with_suffix(".py").read_text()


def main() -> None:
    """Check, correct, and hand over to MiniStack; end its Lambda workers with it."""
    check()
    sys.meta_path.insert(0, _PatchingFinder())
    sys.argv = ["ministack"]
    try:
        runpy.run_module("ministack", run_name="__main__")
    finally:
        if os.getpgrp() == os.getpid():  # a group of our own: nobody else is in it
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    main()
