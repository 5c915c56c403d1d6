from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from modeldrop.local.sagemaker.async_inference.processing import process
from modeldrop.local.sagemaker.async_queue import AsyncRequest
from modeldrop.local.sagemaker.faults import ActiveFaults, EndpointFault


@pytest.mark.parametrize("ends", ["the fault is cleared", "the endpoint is deleted"])
def test_slow_response_ends_early(ends: str, tmp_path: Path) -> None:
    request = AsyncRequest(
        inference_id="1",
        input_location="",
        body=b"{}",
        headers={},
        output_location="s3://artifacts/out",
        failure_location=None,
        success_topic=None,
        error_topic=None,
        timeout_seconds=60,
        expires=time.monotonic() + 60,
    )
    faults, deleted = ActiveFaults(), threading.Event()
    slow = EndpointFault(kind="slow_response", seconds=600)
    faults.add([slow, EndpointFault(kind="server_error", reason="down")])
    taken = faults.take_invocation_faults("resnet", "resnet-1")
    s3 = boto3.client("s3", region_name="us-east-1")
    with ThreadPoolExecutor() as threads:
        result = threads.submit(
            process,
            request,
            s3,
            "no-socket",
            tmp_path,
            lambda status, text: f"{status} {text}",
            taken,
            deleted,
        )
        with pytest.raises(TimeoutError):
            result.result(timeout=0.2)  # it waits
        if ends == "the fault is cleared":
            faults.clear()
        else:
            deleted.set()
        assert result.result(timeout=60).failure == "500 down"
