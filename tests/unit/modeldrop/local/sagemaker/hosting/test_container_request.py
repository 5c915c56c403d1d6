from __future__ import annotations

import asyncio
import time

import httpx

from modeldrop.local.sagemaker.faults import ActiveFaults, EndpointFault
from modeldrop.local.sagemaker.hosting.container_request import ContainerResponse, send


def test_slow_response_ends_when_the_fault_is_cleared() -> None:
    faults = ActiveFaults()
    slow = EndpointFault(kind="slow_response", seconds=600)
    faults.add([slow, EndpointFault(kind="server_error", reason="down")])
    taken = faults.take_invocation_faults("resnet", "resnet-1")

    async def send_and_clear() -> ContainerResponse:
        async with httpx.AsyncClient() as client:
            sent = asyncio.create_task(send(client, "resnet", {}, b"", taken))
            done, _ = await asyncio.wait({sent}, timeout=0.2)
            assert not done  # it waits
            faults.clear()
            return await asyncio.wait_for(sent, timeout=60)

    response = asyncio.run(send_and_clear())
    assert (response.status, response.body) == (500, b"down")


def test_slow_response_lasts_its_seconds() -> None:
    faults = ActiveFaults()
    faults.add([EndpointFault(kind="slow_response", seconds=0.1)])
    taken = faults.take_invocation_faults("resnet", "resnet-1")
    start = time.monotonic()
    asyncio.run(asyncio.wait_for(taken.wait_async(), timeout=60))
    assert time.monotonic() - start >= 0.1
