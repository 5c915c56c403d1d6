"""The memory, GPUs and processor of instance types.

scripts/update_instance_types.py writes instance_types.json from the EC2 API.
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
        memory_mib: the memory of the host.
        local_storage: whether it has local disks, which its hardware encrypts.
        gpus: the number of GPUs.
        gpu: the name of the GPUs, such as "NVIDIA T4"; empty without GPUs.
        gpu_memory_mib: the memory of each GPU.
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
    """Return the date of the table, such as "2026-11-22"."""
    return str(_table()["date"])


def instance_facts(instance_type: str) -> InstanceFacts | None:
    """Return the facts about a type such as "ml.g4dn.xlarge"; None if it is not in the table."""
    found = _table()["instance_types"].get(instance_type)
    return None if found is None else InstanceFacts(**found)


def known_instance_types() -> tuple[str, ...]:
    """Return all types in the table."""
    return tuple(_table()["instance_types"])


def nearest_type(instance_type: str) -> str | None:
    """Return the type in the table with the most similar name; None without a similar one."""
    near = difflib.get_close_matches(instance_type, _table()["instance_types"], n=1, cutoff=0.8)
    return near[0] if near else None


def described(facts: InstanceFacts) -> str:
    """Describe a type: "1 x NVIDIA T4 (16 GiB), 4 vCPUs, 16 GiB of memory"."""
    gpus = f"{facts.gpus} x {facts.gpu} ({gib(facts.gpu_memory_mib)} GiB), " if facts.gpus else ""
    return f"{gpus}{facts.vcpus} vCPUs, {gib(facts.memory_mib)} GiB of memory"


def gib(mib: float) -> str:
    """Format MiB as GiB, with a decimal if needed: 22.4, 16."""
    return f"{mib / 1024:.1f}".removesuffix(".0")
