"""What an instance type has: memory, GPUs, processor.

instance_types.json is written by scripts/update_instance_types.py, from EC2's own answers.
"""

import difflib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class InstanceFacts:
    """One instance type.

    Attributes:
        architecture: x86_64 or arm64.
        memory_mib: of the host.
        local_storage: it has disks of its own, which its own hardware encrypts.
        gpus: how many; 0 where it has none.
        gpu: their name, such as "NVIDIA T4"; empty where it has none.
        gpu_memory_mib: of each GPU.
    """

    architecture: str
    vcpus: int
    memory_mib: int
    local_storage: bool = False
    gpus: int = 0
    gpu: str = ""
    gpu_memory_mib: int = 0


@cache
def _table() -> dict[str, Any]:
    text = resources.files("model_packager.sagemaker").joinpath("instance_types.json").read_text()
    table: dict[str, Any] = json.loads(text)
    return table


def facts_date() -> str:
    """Return the day on which the table was written, such as "2026-11-22"."""
    return str(_table()["date"])


def instance_facts(instance_type: str) -> InstanceFacts | None:
    """Look a type up, such as "ml.g4dn.xlarge"; None where the table does not have it."""
    found = _table()["instance_types"].get(instance_type)
    return None if found is None else InstanceFacts(**found)


def nearest_type(instance_type: str) -> str | None:
    """Return the known type whose name is nearest; None where none is near."""
    near = difflib.get_close_matches(instance_type, _table()["instance_types"], n=1, cutoff=0.8)
    return near[0] if near else None


def described(facts: InstanceFacts) -> str:
    """Say what a type has: "1 x NVIDIA T4 (16 GiB), 4 vCPUs, 16 GiB of memory"."""
    gpus = f"{facts.gpus} x {facts.gpu} ({gib(facts.gpu_memory_mib)} GiB), " if facts.gpus else ""
    return f"{gpus}{facts.vcpus} vCPUs, {gib(facts.memory_mib)} GiB of memory"


def gib(mib: float) -> str:
    """Write MiB as GiB, with a decimal where there is one: 22.4, 16."""
    return f"{mib / 1024:.1f}".removesuffix(".0")
