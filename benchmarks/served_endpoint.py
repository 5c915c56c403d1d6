"""Throughput and latency by number of clients, directly to Triton and through the runtime API.

The benchmark drops two models into a new embedded cloud: one that does almost nothing, to show the
overhead, and a real one. Both routes lead to the same tritonserver, with the same requests and
clients. The levels alternate. Clients and servers share the cores.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import torch
from botocore.config import Config

from benchmarks.spread import spread
from model_client.endpoint import invoke_endpoint
from model_client.load import Exchange, Level, run_level
from model_client.request import request
from model_client.tensors import input_of
from model_packager.exporter import export_factory
from model_packager.signature import Signature
from model_packager.spec.load_profile import MAX_CLIENTS
from model_packager.spec.smoke_test_spec import SmokeTest
from modeldrop.command.demo import EXAMPLE
from modeldrop.dropping.drop import Drop
from modeldrop.errors import UsageError
from modeldrop.local import cloud, cloud_state
from modeldrop.local.run import PARAMETERS, run

if TYPE_CHECKING:
    from modeldrop.local.cloud_state import EmbeddedCloud

CONCURRENCY = (1, 2, 4, 8)
SECONDS = 2.0
REPEATS = 3


def measure(
    concurrency: tuple[int, ...] = CONCURRENCY, seconds: float = SECONDS, repeats: int = REPEATS
) -> list[dict[str, Any]]:
    """Return one row for each model, level and route, with latencies in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="modeldrop-bench-") as folder:
        settings = cloud_state.Settings(parameters=PARAMETERS)
        with cloud.running(Path(folder) / "cloud", settings) as running:
            rows = []
            for name, write in MODELS.items():
                file = Path(folder) / f"{name}.pt"
                write(file)
                routes = _routes(running, Drop(name, file))
                rows += [
                    {"model": name, **row}
                    for row in _compared(routes, concurrency, seconds, repeats)
                ]
            return rows


def _write_light(file: Path) -> None:
    """Write a model that does almost nothing with an image, so that the overhead remains."""
    jit: Any = torch.jit  # its functions are untyped
    jit.save(jit.trace(_Mean().eval(), torch.zeros(1, 3, 224, 224)), str(file))


class _Mean(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


MODELS: dict[str, Callable[[Path], object]] = {
    "light": _write_light,
    "efficientnet-lite0": lambda file: export_factory(EXAMPLE, file),
}


def _routes(running: EmbeddedCloud, drop: Drop) -> dict[str, Callable[[], Exchange]]:
    """Drop a model, and return both routes to it."""
    notification = run(running, drop).notification.content
    if notification["status"] != "SUCCEEDED":
        raise UsageError(f"The drop ended {notification['status']}: {notification['cause']}")
    signature = Signature.model_validate(notification["signature"])
    tensors = input_of(None, signature, SmokeTest()).tensors
    body, content_type = request(tensors, signature, binary=True)
    return {
        "Triton": _direct(_triton_url(running, notification["endpoint"]), body, content_type),
        "runtime API": _through_runtime(running, notification["endpoint"], body, content_type),
    }


def _compared(
    routes: dict[str, Callable[[], Exchange]],
    concurrency: tuple[int, ...],
    seconds: float,
    repeats: int,
) -> list[dict[str, Any]]:
    points: dict[tuple[int, str], list[Any]] = {
        (n, route): [] for n in concurrency for route in routes
    }
    for _ in range(repeats):
        for clients, route in points:
            level = Level(clients, "binary", 1, routes[route])
            points[clients, route].append(run_level(level, seconds))
    rows = []
    for (clients, route), results in points.items():
        rates = [each.requests_per_second for each in results]
        base = statistics.median(e.requests_per_second for e in points[clients, "Triton"])
        rows.append(
            {
                "route": route,
                "clients": clients,
                **spread("requests/s", rates, 1),
                "p50 ms": round(statistics.median(each.p50_ms for each in results), 2),
                "p95 ms": round(statistics.median(each.p95_ms for each in results), 2),
                "ratio to Triton": round(statistics.median(rates) / base, 3),
            }
        )
    return rows


def _direct(url: str, body: bytes, content_type: str) -> Callable[[], Exchange]:
    limits = httpx.Limits(max_connections=MAX_CLIENTS, max_keepalive_connections=MAX_CLIENTS)
    client = httpx.Client(base_url=url, timeout=60, limits=limits, trust_env=False)

    def send() -> Exchange:
        start = time.perf_counter()
        response = client.post("/invocations", content=body, headers={"Content-Type": content_type})
        milliseconds = (time.perf_counter() - start) * 1000
        response.raise_for_status()
        return Exchange(milliseconds, len(body), len(response.content))

    return send


def _through_runtime(
    running: EmbeddedCloud, endpoint: str, body: bytes, content_type: str
) -> Callable[[], Exchange]:
    config = Config(max_pool_connections=MAX_CLIENTS, retries={"total_max_attempts": 1})
    runtime = running.session().client("sagemaker-runtime", config=config)

    def send() -> Exchange:
        response = invoke_endpoint(runtime.invoke_endpoint, endpoint, body, content_type)
        return Exchange(response.milliseconds, response.request_bytes, response.response_bytes)

    return send


def _triton_url(running: EmbeddedCloud, endpoint: str) -> str:
    """Return the URL of the endpoint's tritonserver, from the port in its command line."""
    models = str(running.home / "sagemaker" / "models" / f"{endpoint}-")
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_text().split("\0")
        except OSError:  # the process has ended
            continue
        if any(models in word for word in words):
            for word in words:
                if word.startswith("--sagemaker-port="):
                    return f"http://127.0.0.1:{word.partition('=')[2]}"
    raise UsageError(f"No tritonserver for {endpoint} is running.")
