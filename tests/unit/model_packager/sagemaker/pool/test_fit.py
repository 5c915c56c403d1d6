from __future__ import annotations

import pytest

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.pool.fit import PooledModel, check_pool_fit
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.triton_spec import InstanceGroup, InstanceKind, PytorchBackend

GIB = 1024**3
CPU, GPU, FOUR_GPUS = "ml.m5.large", "ml.g4dn.xlarge", "ml.g4dn.12xlarge"


def test_full_pool_is_refused_with_the_numbers() -> None:
    live = [PooledModel(3 * GIB), PooledModel(2 * GIB)]
    check_pool_fit("small", live, PooledModel(3 * GIB), CPU)
    with pytest.raises(SpecRejected) as caught:
        check_pool_fit("small", live, PooledModel(3 * GIB + GIB // 2), CPU)
    assert caught.value.cause == (
        "The pool small is full: the archives of its live models (2) have 5 GiB, and this one has "
        "3.5 GiB. Together they need at least 8.5 GiB, but ml.m5.large has 8 GiB of memory."
    )


def test_copies_count_on_the_gpu() -> None:
    check_pool_fit("small", [PooledModel(8 * GIB)], PooledModel(8 * GIB), GPU)
    with pytest.raises(SpecRejected, match=r"17 GiB, but ml[.]g4dn[.]xlarge has 16 GiB of"):
        check_pool_fit("small", [PooledModel(8 * GIB)], PooledModel(9 * GIB), GPU)
    with pytest.raises(SpecRejected, match="at least 24 GiB"):
        check_pool_fit("small", [PooledModel(8 * GIB)], PooledModel(8 * GIB, 2), GPU)


def test_several_gpus_are_refused() -> None:
    """SageMaker does not run multi-model endpoints on several GPUs."""
    with pytest.raises(SpecRejected, match=r"ml[.]g4dn[.]12xlarge has 4 GPUs") as caught:
        check_pool_fit("small", [], PooledModel(1), FOUR_GPUS)
    assert "with one GPU" in caught.value.fix


def test_models_on_the_cpu_do_not_need_the_gpu() -> None:
    on_cpu = PooledModel(9 * GIB, only_cpu=True)
    check_pool_fit("small", [PooledModel(9 * GIB)], on_cpu, GPU)
    with pytest.raises(SpecRejected, match=r"has 16 GiB of memory[.]"):
        check_pool_fit("small", [on_cpu], on_cpu, GPU)


def test_pool_that_is_too_full_already_takes_a_model_for_other_memory() -> None:
    live = [PooledModel(20 * GIB)]
    check_pool_fit("small", live, PooledModel(GIB, only_cpu=True), GPU)


def test_unknown_type_is_not_checked() -> None:
    check_pool_fit("small", [], PooledModel(1000 * GIB), "ml.z9.huge")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (DeploySpec(), PooledModel(5)),
        (
            DeploySpec(instance_group=InstanceGroup(count=3, kind=InstanceKind.CPU)),
            PooledModel(5, 3, only_cpu=True),
        ),
        (
            DeploySpec(
                instance_group=InstanceGroup(count=3),
                pytorch_backend=PytorchBackend(enable_weight_sharing=True),
            ),
            PooledModel(5),
        ),
    ],
)
def test_spec_sets_copies_and_device(spec: DeploySpec, expected: PooledModel) -> None:
    assert PooledModel.of(spec, 5) == expected
