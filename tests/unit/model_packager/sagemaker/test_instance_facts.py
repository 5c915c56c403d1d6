import gzip
import json
from importlib import resources
from typing import Any

import botocore.session
import pytest

from model_packager.sagemaker.instance_facts import (
    InstanceFacts,
    _table,
    described,
    facts_date,
    instance_facts,
    nearest_type,
)
from model_packager.sagemaker.triton_image import is_gpu_instance
from scripts.update_instance_types import TABLE, fact

TYPES = sorted(_table()["instance_types"])


def test_the_table_has_the_facts_of_each_type() -> None:
    assert instance_facts("ml.g4dn.xlarge") == InstanceFacts(
        "x86_64",
        vcpus=4,
        memory_mib=16384,
        local_storage=True,
        gpus=1,
        gpu="NVIDIA T4",
        gpu_memory_mib=16384,
    )
    assert instance_facts("ml.m5.large") == InstanceFacts("x86_64", vcpus=2, memory_mib=8192)
    assert instance_facts("ml.x9.huge") is None


def test_local_disks_are_twice_as_large_as_all_memory() -> None:
    """So models that fit into memory also fit on the disk with their archives."""
    described = json.loads(gzip.decompress(resources.files("moto").joinpath(TABLE).read_bytes()))
    checked = 0
    for name in TYPES:
        facts = instance_facts(name)
        assert facts is not None
        if not facts.local_storage:
            continue
        gigabytes = described[name.removeprefix("ml.")]["InstanceStorageInfo"]["TotalSizeInGB"]
        memory = facts.memory_mib + facts.gpus * facts.gpu_memory_mib
        assert gigabytes * 10**9 >= 2 * memory * 2**20, name
        checked += 1
    assert checked > 50


def test_the_table_is_complete() -> None:
    model: Any = botocore.session.Session().get_service_model("sagemaker")
    assert set(TYPES) <= set(model.shape_for("ProductionVariantInstanceType").enum)
    assert len(TYPES) > 200
    assert facts_date() >= "2026-11-22"
    for name in TYPES:
        facts = instance_facts(name)
        assert facts is not None
        assert facts.memory_mib >= 1024
        assert is_gpu_instance(name) is (facts.gpus > 0)
        assert (facts.gpus > 0) is (facts.gpu_memory_mib > 0) is bool(facts.gpu)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ml.g5.12xlarge", "4 x NVIDIA A10G (22.4 GiB), 48 vCPUs, 192 GiB of memory"),
        ("ml.c6i.large", "2 vCPUs, 4 GiB of memory"),
    ],
)
def test_described(name: str, text: str) -> None:
    facts = instance_facts(name)
    assert facts is not None
    assert described(facts) == text


def test_nearest() -> None:
    assert nearest_type("ml.g4dn.xlrage") == "ml.g4dn.xlarge"
    assert nearest_type("ml.quantum.huge") is None


def test_a_type_with_two_kinds_of_gpus_is_rejected() -> None:
    with pytest.raises(ValueError, match="several kinds"):
        fact({"InstanceType": "x", "GpuInfo": {"Gpus": [{}, {}]}})
