import pytest

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.instance_fit import check_fit
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_mode import serverless_type
from model_packager.spec.triton_spec import InstanceGroup, InstanceKind, PytorchBackend

GIB = 1024**3


def spec(count: int = 1, kind: str = "KIND_AUTO", *, shared: bool | None = None) -> DeploySpec:
    return DeploySpec(
        instance_group=InstanceGroup(count=count, kind=InstanceKind(kind)),
        pytorch_backend=PytorchBackend(enable_weight_sharing=shared),
    )


@pytest.mark.parametrize(
    ("spec", "instance_type", "weights"),
    [
        (spec(), "ml.g4dn.xlarge", GIB),
        (spec(count=10), "ml.g4dn.xlarge", GIB),
        (spec(count=20, shared=True), "ml.g4dn.xlarge", GIB),
        (spec(count=5), "ml.m5.large", GIB),
        (spec(kind="KIND_CPU"), "ml.g4dn.8xlarge", 20 * GIB),
    ],
)
def test_a_model_that_fits_gets_no_note(spec: DeploySpec, instance_type: str, weights: int) -> None:
    assert check_fit(spec, instance_type, weights) == ()


@pytest.mark.parametrize(
    ("spec", "instance_type", "weights", "cause", "fix"),
    [
        (
            spec(),
            "ml.g4dn.2xlarge",
            17 * GIB,
            "does not fit onto ml.g4dn.2xlarge: 17 GiB of weights, but the memory of each NVIDIA "
            "T4 is 16 GiB.",
            "Use an instance type with more memory",
        ),
        (
            spec(count=3),
            "ml.g4dn.xlarge",
            6 * GIB,
            "3 copies of 6 GiB of weights, 18 GiB in all, but the memory of each NVIDIA T4",
            "Use a smaller instance_group.count, or an instance type",
        ),
        (spec(), "ml.g5.xlarge", 17 * GIB, "17 GiB of weights, but the memory is 16 GiB", "Use"),
        (spec(count=9), "ml.m5.large", GIB, "9 copies of 1 GiB of weights, 9 GiB", "smaller"),
        (spec(count=2, kind="KIND_CPU"), "ml.g4dn.xlarge", 9 * GIB, "18 GiB in all", "smaller"),
        (
            spec(),
            serverless_type(4096),
            5 * GIB,
            "does not fit onto a serverless endpoint with 4,096 MB: 5 GiB of weights, but the "
            "memory is 4 GiB.",
            "Use more memory in deploy.yaml (hosting.memory_mb, at most 6144), or another "
            "hosting.mode; then upload deploy.yaml.",
        ),
        (spec(), "ml.c7g.xlarge", 1, "arm64 processor (Graviton)", "such as ml.c6i.xlarge"),
    ],
)
def test_a_model_that_does_not_fit_is_rejected(
    spec: DeploySpec, instance_type: str, weights: int, cause: str, fix: str
) -> None:
    with pytest.raises(SpecRejected) as rejection:
        check_fit(spec, instance_type, weights)
    assert cause in rejection.value.cause
    assert fix in rejection.value.fix


def test_a_model_that_barely_fits_gets_a_note() -> None:
    (note,) = check_fit(spec(), "ml.g4dn.2xlarge", 12 * GIB)
    assert note.startswith("12 GiB of weights take 75% of the memory of each NVIDIA T4 of ml.g4dn")
    (note,) = check_fit(spec(count=2), "ml.m5.large", 3 * GIB)
    assert note.startswith("2 copies of 3 GiB of weights, 6 GiB in all take 75% of the memory of")


def test_a_model_that_barely_fits_a_serverless_endpoint_gets_a_note() -> None:
    (note,) = check_fit(spec(), serverless_type(4096), 3 * GIB)
    assert "take 75% of the memory of a serverless endpoint with 4,096 MB (4 GiB)" in note


def test_an_unknown_type_passes_with_a_note() -> None:
    assert "did you mean ml.g4dn.xlarge?" in check_fit(spec(), "ml.g4dn.xlrage", 99 * GIB)[0]
    assert "did not check" in check_fit(spec(), "ml.quantum.huge", 99 * GIB)[0]
