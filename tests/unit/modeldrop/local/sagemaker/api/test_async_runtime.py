from __future__ import annotations

import pytest

from modeldrop.local.sagemaker.api.async_runtime import _members
from modeldrop.local.sagemaker.errors import ApiError


def test_numbers_in_headers_are_numbers_of_the_request() -> None:
    assert _members("e", {"x-amzn-sagemaker-requestttlseconds": "60"}, b"{}") == {
        "EndpointName": "e",
        "RequestTTLSeconds": 60,
    }


@pytest.mark.parametrize("value", ["soon", "-1", "\N{SUPERSCRIPT TWO}", "9" * 5000])
def test_another_value_is_no_number(value: str) -> None:
    with pytest.raises(ApiError, match="RequestTTLSeconds") as caught:
        _members("e", {"x-amzn-sagemaker-requestttlseconds": value}, b"{}")
    assert caught.value.code == "ValidationError"
