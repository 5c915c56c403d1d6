"""The lower bounds of pyproject.toml as exact requirements."""

import pytest

from scripts.lowest_requirements import lowest_requirements

PINS = "boto3==1.44.5\npytest==9.2.0\ntritonclient==2.73.0"
PYPROJECT = """
[project]
dependencies = ["boto3>=1.44,<2", "tritonclient[http]>=2.60,<3"]
[project.optional-dependencies]
export = ["torch>=2.13,<3"]
local = ["modeldrop[export]"]
dev = ["modeldrop[local]", "pytest", "setuptools", "tritonclient[grpc]"]
"""


def test_users_get_lower_bounds_and_developers_get_pins() -> None:
    assert lowest_requirements(PYPROJECT, PINS) == [
        "boto3==1.44",
        "pytest==9.2.0",
        "setuptools",
        "torch==2.13",
        "tritonclient[grpc]==2.60",
        "tritonclient[http]==2.60",
    ]


def test_a_dependency_without_a_lower_bound_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no lower bound"):
        lowest_requirements(PYPROJECT.replace("torch>=2.13,<3", "torch<3"), PINS)
