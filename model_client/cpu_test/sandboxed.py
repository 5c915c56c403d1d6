"""The process that runs a model. It sets limits, then imports libraries, then loads the model.

`python -ISB sandboxed.py ORDER` reads a `Job` as JSON from stdin, and writes a `CpuTestResult` as
JSON to stdout. It is a separate process, because a filter of system calls cannot be removed from a
process, and so that it has no environment.

ORDER is a JSON object: `limits` (getrlimit(2), by name), `path` (sys.path), `runner` (a module with
`run_cpu_test(job)`), and `must_confine` (run nothing without the filter).
"""

import ctypes
import ctypes.util
import importlib
import json
import os
import resource
import signal
import sys
import tempfile

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Run the model of a job."""
    order = json.loads(sys.argv[1])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for limit, value in order["limits"].items():
        _set_limit(limit, value, required=order["must_confine"])
    sys.path[:] = order["path"]

    from model_client.cpu_test.system_calls import NoFilter, confine

    confined = True
    try:
        confine()
    except NoFilter as problem:
        if order["must_confine"]:
            print(json.dumps({"skipped": f"the network cannot be taken away from it: {problem}"}))
            return
        confined = False

    from model_client.cpu_test.result import Job

    _spare_probes()
    runner = importlib.import_module(order["runner"])
    result = runner.run_cpu_test(Job.model_validate_json(sys.stdin.read()))
    print(result.model_copy(update={"confined": confined}).model_dump_json())


def _spare_probes() -> None:
    """Prevent probes on PyTorch's import that would write a file and start a compiler."""
    tempfile.tempdir = os.getcwd()  # noqa: PTH109 - a str
    ctypes.util.find_library = _no_library


def _no_library(name: str) -> str | None:  # noqa: ARG001
    return None


def _set_limit(name: str, value: int, *, required: bool) -> None:
    """Set a limit. macOS does not support a limit of the address space."""
    try:
        resource.setrlimit(getattr(resource, name), (value, value))
    except (ValueError, OSError):
        if required:
            raise


if __name__ == "__main__":
    main()
