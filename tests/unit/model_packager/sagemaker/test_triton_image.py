import re

import pytest

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.triton_image import _table, image_uri, is_gpu_instance, newest_release


@pytest.mark.parametrize(
    ("region", "release", "gpu", "uri"),
    [
        (
            "us-east-1",
            "26.05",
            True,
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver:26.05-py3",
        ),
        (
            "eu-south-2",
            "25.09",
            False,
            "503227376785.dkr.ecr.eu-south-2.amazonaws.com/sagemaker-tritonserver:25.09-py3-cpu",
        ),
        (
            "cn-north-1",
            "25.04",
            True,
            "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-tritonserver:25.04-py3",
        ),
    ],
)
def test_images_match_awss_table(region: str, release: str, gpu: bool, uri: str) -> None:
    assert image_uri(region, release, gpu) == uri


@pytest.mark.parametrize(
    ("region", "release", "cause", "fix"),
    [
        ("us-east-1", "27.01", "no image of Triton release '27.01'; it has 23.12,", "26.05"),
        ("us-east-1", "25.06", "no image of Triton release '25.06'", "25.04"),
        ("us-east-1", "20.01", "no image of Triton release '20.01'", "23.12"),
        ("cn-north-1", "26.05", "release 26.05 in cn-north-1", "25.04, which exists there"),
        ("us-east-3", "26.05", "in the Region 'us-east-3'", "us-east"),
        ("us-gov-west-1", "26.05", "in the Region 'us-gov-west-1'", "us-west-1"),
        ("", "26.05", "in the Region ''", "such as"),
    ],
)
def test_a_missing_image_suggests_the_nearest(
    region: str, release: str, cause: str, fix: str
) -> None:
    with pytest.raises(SpecRejected) as rejection:
        image_uri(region, release, gpu=True)
    assert cause in rejection.value.cause
    assert fix in rejection.value.fix


def test_the_newest_release() -> None:
    assert newest_release() == "26.05"
    assert newest_release("us-east-1") == "26.05"
    assert newest_release("cn-north-1") == "25.04"
    with pytest.raises(SpecRejected):
        newest_release("mars-1")


def test_the_table_is_complete() -> None:
    table = _table()
    assert all(re.fullmatch(r"\d{12}", account) for account in table["accounts"].values())
    for release, regions in table["releases"].items():
        assert re.fullmatch(r"\d\d\.\d\d", release)
        assert set(regions) <= set(table["accounts"])


@pytest.mark.parametrize(
    ("instance_type", "gpu"),
    [
        ("ml.g4dn.xlarge", True),
        ("ml.g5.12xlarge", True),
        ("ml.g6e.2xlarge", True),
        ("ml.p4d.24xlarge", True),
        ("ml.p3.2xlarge", True),
        ("ml.c6i.large", False),
        ("ml.m5.xlarge", False),
        ("ml.inf2.xlarge", False),
        ("ml.t2.medium", False),
    ],
)
def test_gpu_families(instance_type: str, gpu: bool) -> None:
    assert is_gpu_instance(instance_type) is gpu


@pytest.mark.parametrize("instance_type", ["g4dn.xlarge", "ml.g4dn", "", "ml.g4dn.xlarge "])
def test_invalid_instance_types_are_rejected(instance_type: str) -> None:
    with pytest.raises(SpecRejected, match="is not a SageMaker instance type"):
        is_gpu_instance(instance_type)
