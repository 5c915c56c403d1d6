"""Start MiniStack with its Lambda emulation corrected where it differs from AWS.

Run by MiniStack's own Python as a script (``python -P ministack_corrections.py``): it needs nothing
but the standard library. The installed package stays as it is; the listed texts are replaced
while the modules are loaded. Each text must occur exactly once in the pinned version, or MiniStack
does not start: an update has to look at every correction again.
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
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

PINNED_VERSION = "1.5.33"


@dataclass(frozen=True)
class Correction:
    """One replaced text of one module, and how AWS behaves there."""

    module: str
    aws: str
    old: str
    new: str


CORRECTIONS = (
    Correction(
        module="ministack.core.lambda_runtime",
        aws="errorType is the exception's class name: named Retry and Catch match on it",
        old='"error": str(e), "trace": traceback.format_exc()}',
        new='"error": str(e), "type": type(e).__name__, "trace": traceback.format_exc()}',
    ),
    Correction(
        module="ministack.services.lambda_svc",
        aws="the same; this is where the worker's answer becomes the invocation's",
        old='            error_type = "Runtime.HandlerError"\n            if _RIE_TIMEOUT',
        new='            error_type = result.get("type", "Runtime.HandlerError")\n'
        "            if _RIE_TIMEOUT",
    ),
    Correction(
        module="ministack.core.lambda_runtime",
        aws="what a function or its child writes to file descriptor 1 goes to the log; "
        "here it went between the lines of the worker's answers",
        old="    _real_stdout = sys.stdout\n    sys.stdout = sys.stderr\n",
        new='    _real_stdout = os.fdopen(os.dup(1), "w")\n'
        "    os.dup2(2, 1)\n"
        "    sys.stdout = sys.stderr\n",
    ),
    Correction(
        module="ministack.core.lambda_runtime",
        aws="a function sees the standard library, its layers and its code; here MiniStack's own "
        "packages hid what a layer lacked (AWS adds its own boto3, which our layers pin anyway)",
        old="            [binary, worker_path],\n            cwd=code_dir,",
        new='            [binary, *(["-S"] if ext == ".py" else []), worker_path],\n'
        "            cwd=code_dir,",
    ),
    Correction(
        module="ministack.core.lambda_runtime",
        aws="an exception of the handler ends the invocation, not its environment: a retry is warm",
        old='            if response.get("status") == "error":\n                proc, self._proc',
        new='            if response.get("status") == "error" and "type" not in response:\n'
        "                proc, self._proc",
    ),
    Correction(
        module="ministack.core.lambda_runtime",
        aws="a layer lies ready in /opt; here each environment unpacked it anew, which made each "
        "function's first call seconds slower (of two that unpack at once the first wins)",
        old="                    layer_dir = os.path.join(self._tmpdir, "
        'f"layer_{len(layers_dirs)}")\n'
        "                    os.makedirs(layer_dir)\n",
        new="                    shared_dir = os.path.join(\n"
        "                        tempfile.gettempdir(),\n"
        '                        "layer-" + hashlib.sha256(layer_data).hexdigest()[:32])\n'
        "                    if os.path.isdir(shared_dir):\n"
        "                        layers_dirs.append(shared_dir)\n"
        "                        continue\n"
        "                    layer_dir = os.path.join(self._tmpdir, "
        'f"layer_{len(layers_dirs)}")\n'
        "                    os.makedirs(layer_dir)\n",
    ),
    Correction(
        module="ministack.core.lambda_runtime",
        aws="the second half of the correction before this one",
        old="                    layers_dirs.append(layer_dir)\n            except RuntimeError:",
        new="                    with __import__('contextlib').suppress(OSError):\n"
        "                        os.rename(layer_dir, shared_dir)\n"
        "                    layers_dirs.append(shared_dir)\n            except RuntimeError:",
    ),
    Correction(
        module="ministack.core.iam_actions",
        aws="DeleteAlarms and DescribeAlarms are judged by the alarms that they name",
        old='        name = _param(body, query_params, "AlarmName")\n        if name:\n',
        new='        name = _param(body, query_params, "AlarmName", "AlarmNames")\n'
        "        name = name[0] if isinstance(name, list) else name\n"
        "        if name:\n",
    ),
    Correction(
        module="ministack.core.iam_evaluator",
        aws="requests arrive by TLS, which our bucket policies demand; the loopback has none",
        old="        return str(ctx.secure_transport).lower()\n",
        new='        return "true"\n',
    ),
    Correction(
        module="ministack.services.cloudwatch",
        aws="an alarm watches one metric's dimensions; here any dimensions' numbers counted. The "
        "local SageMaker judges the alarms on its metrics (alarm_evaluation.py), and alone",
        old="    if not ns or not mn:\n        return\n\n    all_pts = []",
        new='    if not ns or not mn or ns == "AWS/SageMaker":\n        return\n\n    all_pts = []',
    ),
    Correction(
        module="ministack.services.s3",
        aws="events of a versioned bucket carry the object's version-id",
        old='"sequencer": sequencer or "0"},\n',
        new='"sequencer": sequencer or "0",\n'
        '                               **({"version-id": version_id} if version_id else {})},\n',
    ),
)


class _CorrectingLoader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        # Straight from the source: the cached bytecode is that of the uncorrected module.
        path = self.get_filename(fullname)
        source = self.get_data(path).decode()
        for correction in CORRECTIONS:
            if correction.module == fullname:
                source = source.replace(correction.old, correction.new)
        return compile(source, path, "exec", dont_inherit=True)


class _CorrectingFinder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in {correction.module for correction in CORRECTIONS}:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        spec.loader = _CorrectingLoader(fullname, spec.origin)
        return spec


def check() -> None:
    """Exit with a message unless every correction fits the installed MiniStack."""
    installed = importlib.metadata.version("ministack")
    if installed != PINNED_VERSION:
        sys.exit(f"MiniStack {PINNED_VERSION} is needed, but {installed} is installed.")
    for correction in CORRECTIONS:
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
    sys.meta_path.insert(0, _CorrectingFinder())
    sys.argv = ["ministack"]
    try:
        runpy.run_module("ministack", run_name="__main__")
    finally:
        if os.getpgrp() == os.getpid():  # a group of our own: nobody else is in it
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    main()
