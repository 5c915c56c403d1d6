"""Bodies that the control planes refuse before they read their state."""

from __future__ import annotations

from typing import Any, cast

import pytest

from modeldrop.local.sagemaker.api.control_plane import handle
from modeldrop.local.sagemaker.errors import ApiError


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"\xff",
        b"[" * 100_000,
        b'{"MaxResults": NaN}',
        b'{"ModelName": "\\ud800"}',
        b'{"MaxResults": ' + b"9" * 5000 + b"}",
    ],
    ids=["html", "not UTF-8", "nested", "NaN", "half a character", "long number"],
)
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError, match="The body is not JSON") as caught:
        handle(cast(Any, None), "SageMaker.ListModels", body, "")
    assert (caught.value.code, caught.value.status) == ("SerializationException", 400)
