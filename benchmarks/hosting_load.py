"""Twenty models in one pool compared with twenty endpoints: throughput, latency and memory.

Clients call the models in turn, through the runtime API. Clients and servers share the cores of
this computer, so the rates do not apply to AWS. The ratio shows the cost of a pool.
"""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from benchmarks.deployment import fresh_cloud
from benchmarks.sample_model import save_model
from benchmarks.spread import spread
from model_client.endpoint import invoke_endpoint
from model_client.load import Exchange, Level, run_level
from model_client.request import request
from model_client.tensors import input_of
from model_packager.names.pool import target_model
from model_packager.signature import Signature
from model_packager.spec.load_profile import MAX_CLIENTS
from model_packager.spec.smoke_test_spec import SmokeTest
from modeldrop.dropping.drop import Drop
from modeldrop.errors import UsageError
from modeldrop.local.run import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from modeldrop.local.cloud_state import EmbeddedCloud

MODELS = 20
MEGABYTES = 10
CLIENTS = 4
SECONDS = 5.0
REPEATS = 3
AT_ONCE = 4
"""The number of concurrent drops. The time to deploy is not measured."""


@dataclass(frozen=True)
class _Served:
    """A live model, with its endpoint and its archive in a pool."""

    endpoint: str
    target: str | None
    signature: Signature


def measure(models: int = MODELS, repeats: int = REPEATS) -> list[dict[str, Any]]:
    """Return one row for the pool and one for the endpoints, which run one after the other."""
    return [
        _row("one pool", "{mode: pool, pool: bench}", models, repeats),
        _row(f"{models} endpoints", "{}", models, repeats),
    ]


def _row(what: str, hosting: str, models: int, repeats: int) -> dict[str, Any]:
    with fresh_cloud() as (cloud, folder):
        file = save_model(folder / "model.pt", MEGABYTES)
        spec = folder / "deploy.yaml"
        spec.write_text(f"hosting: {hosting}\n")
        names = [f"model-{number}" for number in range(models)]
        with ThreadPoolExecutor(AT_ONCE) as drops:
            served = list(drops.map(lambda name: _drop(cloud, Drop(name, file, spec)), names))
        level = Level(CLIENTS, "binary", 1, _in_turn(cloud, served))
        run_level(level, SECONDS)  # each model responds once before the measurement
        results = [run_level(level, SECONDS) for _ in range(repeats)]
        return {
            "models": models,
            "on": what,
            "clients": CLIENTS,
            **spread("requests/s", [each.requests_per_second for each in results], 1),
            **spread("p95 ms", [each.p95_ms for each in results], 1),
            "servers": len({each.endpoint for each in served}),
            "memory MiB": round(_memory_mib(cloud)),
        }


def _drop(cloud: EmbeddedCloud, drop: Drop) -> _Served:
    content = run(cloud, drop).notification.content
    if content["status"] != "SUCCEEDED":
        raise UsageError(f"The drop of {drop.name} ended {content['status']}: {content['cause']}")
    target = target_model(drop.name, content["version"])
    return _Served(
        content["endpoint"],
        target if content["hosting_mode"] == "pool" else None,
        Signature.model_validate(content["signature"]),
    )


def _in_turn(cloud: EmbeddedCloud, served: list[_Served]) -> Callable[[], Exchange]:
    config = Config(max_pool_connections=MAX_CLIENTS, retries={"total_max_attempts": 1})
    runtime = cloud.session().client("sagemaker-runtime", config=config)
    first = served[0].signature
    tensors = input_of(None, first, SmokeTest()).tensors
    body, content_type = request(tensors, first, binary=True)
    turn, lock = itertools.cycle(served), threading.Lock()

    def send() -> Exchange:
        with lock:
            model = next(turn)
        response = invoke_endpoint(
            runtime.invoke_endpoint, model.endpoint, body, content_type, model.target
        )
        return Exchange(response.milliseconds, response.request_bytes, response.response_bytes)

    return send


def _memory_mib(cloud: EmbeddedCloud) -> float:
    """Return the memory (PSS) of all tritonservers and their stubs in MiB."""
    home, kilobytes = str(cloud.home / "sagemaker"), 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if home in (process / "cmdline").read_text():
                lines = (process / "smaps_rollup").read_text().splitlines()
                kilobytes += sum(int(each.split()[1]) for each in lines if each.startswith("Pss:"))
        except OSError:  # the process has ended
            continue
    return kilobytes / 1024
