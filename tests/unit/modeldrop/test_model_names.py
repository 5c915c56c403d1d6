from __future__ import annotations

import pytest

from modeldrop.errors import UsageError
from modeldrop.model_names import check_name


@pytest.mark.parametrize("name", ["resnet", "ResNet-50_v1.5", "7"])
def test_good_names(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "a b", "-x", "..", "größe", "x" * 129])
def test_names_that_no_model_can_have(name: str) -> None:
    with pytest.raises(UsageError, match="set NAME to letters"):
        check_name(name)


def test_name_with_a_slash_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="remove the slashes"):
        check_name("team/resnet")
