"""Describes the machine that the benchmarks ran on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from modeldrop.local.tools import MINISTACK_VERSION, PYTRITON_VERSION

LIBRARIES = ("boto3", "pydantic", "numpy", "torch")


def machine() -> dict[str, object]:
    """Return the processor, cores and memory, and the versions of Python and the libraries."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int((_first("/proc/meminfo", "MemTotal") or "0").split()[0]) / 2**20),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "load_before": round(os.getloadavg()[0], 1),
        "versions": {
            "python": platform.python_version(),
            "ministack": MINISTACK_VERSION,
            "pytriton": PYTRITON_VERSION,
            **{library: version(library) for library in LIBRARIES},
        },
    }


def _first(file: str, key: str) -> str | None:
    for line in Path(file).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return None
