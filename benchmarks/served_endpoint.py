"""A served model by the number of clients: straight to Triton, and through the runtime API.

Two models are dropped into an embedded cloud of its own: one that does next to nothing, which shows
what the way costs, and a real one. Both ways lead to the same tritonserver, with the same requests
and the same clients; levels take turns. Clients and servers share the processors.
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
from modeldrop.local import cloud
from modeldrop.local.run import PARAMETERS, run

if TYPE_CHECKING:
    from modeldrop.local.cloud import EmbeddedCloud

CONCURRENCY = (1, 2, 4, 8)
SECONDS = 2.0
REPEATS = 3


def measure(
    concurrency: tuple[int, ...] = CONCURRENCY, seconds: float = SECONDS, repeats: int = REPEATS
) -> list[dict[str, Any]]:
    """Give a row for each model, level and way; latencies in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="modeldrop-bench-") as folder:
        settings = cloud.Settings(parameters=PARAMETERS)
        with cloud.running(Path(folder) / "cloud", settings) as running:
            rows = []
            for name, write in MODELS.items():
                file = Path(folder) / f"{name}.pt"
                write(file)
                ways = _ways(running, Drop(name, file))
                rows += [
                    {"model": name, **row} for row in _compared(ways, concurrency, seconds, repeats)
                ]
            return rows


def _write_light(file: Path) -> None:
    """Write a model that does next to nothing with a picture: what is left is the way to it."""
    jit: Any = torch.jit  # its functions have no types
    jit.save(jit.trace(_Mean().eval(), torch.zeros(1, 3, 224, 224)), str(file))


class _Mean(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


MODELS: dict[str, Callable[[Path], object]] = {
    "light": _write_light,
    "efficientnet-lite0": lambda file: export_factory(EXAMPLE, file),
}


def _ways(running: EmbeddedCloud, drop: Drop) -> dict[str, Callable[[], Exchange]]:
    """Drop a model, and give both ways to it."""
    told = run(running, drop).notification.content
    if told["status"] != "SUCCEEDED":
        raise UsageError(f"The drop ended {told['status']}: {told['cause']}")
    signature = Signature.model_validate(told["signature"])
    tensors = input_of(None, signature, SmokeTest()).tensors
    body, content_type = request(tensors, signature, binary=True)
    return {
        "Triton": _straight(_triton_url(running, told["endpoint"]), body, content_type),
        "runtime API": _through(running, told["endpoint"], body, content_type),
    }


def _compared(
    ways: dict[str, Callable[[], Exchange]],
    concurrency: tuple[int, ...],
    seconds: float,
    repeats: int,
) -> list[dict[str, Any]]:
    points: dict[tuple[int, str], list[Any]] = {(n, w): [] for n in concurrency for w in ways}
    for _ in range(repeats):
        for clients, way in points:
            level = Level(clients, "binary", 1, ways[way])
            points[clients, way].append(run_level(level, seconds))
    rows = []
    for (clients, way), found in points.items():
        rates = [each.requests_per_second for each in found]
        base = statistics.median(e.requests_per_second for e in points[clients, "Triton"])
        rows.append(
            {
                "way": way,
                "clients": clients,
                **spread("requests/s", rates, 1),
                "p50 ms": round(statistics.median(each.p50_ms for each in found), 2),
                "p95 ms": round(statistics.median(each.p95_ms for each in found), 2),
                "of Triton": round(statistics.median(rates) / base, 3),
            }
        )
    return rows


def _straight(url: str, body: bytes, content_type: str) -> Callable[[], Exchange]:
    limits = httpx.Limits(max_connections=MAX_CLIENTS, max_keepalive_connections=MAX_CLIENTS)
    client = httpx.Client(base_url=url, timeout=60, limits=limits, trust_env=False)

    def ask() -> Exchange:
        start = time.perf_counter()
        answer = client.post("/invocations", content=body, headers={"Content-Type": content_type})
        milliseconds = (time.perf_counter() - start) * 1000
        answer.raise_for_status()
        return Exchange(milliseconds, len(body), len(answer.content))

    return ask


def _through(
    running: EmbeddedCloud, endpoint: str, body: bytes, content_type: str
) -> Callable[[], Exchange]:
    config = Config(max_pool_connections=MAX_CLIENTS, retries={"total_max_attempts": 1})
    runtime = running.session().client("sagemaker-runtime", config=config)

    def ask() -> Exchange:
        answer = invoke_endpoint(runtime.invoke_endpoint, endpoint, body, content_type)
        return Exchange(answer.milliseconds, answer.request_bytes, answer.response_bytes)

    return ask


def _triton_url(running: EmbeddedCloud, endpoint: str) -> str:
    """Find the endpoint's tritonserver: its port stands in its command line."""
    models = str(running.home / "sagemaker" / "models" / f"{endpoint}-")
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_text().split("\0")
        except OSError:  # it has ended meanwhile
            continue
        if any(models in word for word in words):
            for word in words:
                if word.startswith("--sagemaker-port="):
                    return f"http://127.0.0.1:{word.partition('=')[2]}"
    raise UsageError(f"No tritonserver of {endpoint} runs.")
