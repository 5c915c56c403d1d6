"""The process that runs a model: limits first, then the libraries, then the model.

`python -ISB sandboxed.py LIMITS PATH` reads a `Job` as JSON from stdin, and writes a
`CpuTestResult` as JSON to stdout. It is a process of its own, because a filter of system calls
stays for the lifetime of a process, and so that it has no environment.
"""

import ctypes
import json
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Run the model of a job."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for limit, value in json.loads(sys.argv[1]).items():
        resource.setrlimit(getattr(resource, limit), (value, value))
    sys.path[:] = json.loads(sys.argv[2])

    from run_model.system_calls import NoFilter, confine

    try:
        confine()
    except NoFilter as problem:
        print(json.dumps({"skipped": f"the network cannot be taken away from it: {problem}"}))
        return

    from run_model.cpu_test import run_cpu_test
    from run_model.result import Job

    print(run_cpu_test(Job.model_validate_json(sys.stdin.read())).model_dump_json())


if __name__ == "__main__":
    main()
