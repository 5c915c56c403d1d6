"""`python -m modeldrop.local.sagemaker`: parses arguments, serves, and cleans up."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from modeldrop.local import status_page
from modeldrop.local.access.credentials import Credentials
from modeldrop.local.ministack.policy_client import PolicyClient
from modeldrop.local.sagemaker.app import make_app
from modeldrop.local.sagemaker.assembly import Options, running_service
from modeldrop.local.sagemaker.known_callers import KnownCallers
from modeldrop.local.sagemaker.triton.installation import TritonUnusable, prepare


def main() -> int:
    """Serve until SIGTERM or SIGINT. Return 0 after a clean stop, 2 if the server cannot start."""
    arguments = _parse()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    home: Path = arguments.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    try:
        triton = prepare(arguments.triton.resolve(), home / "triton")
    except TritonUnusable as error:
        print(error, file=sys.stderr)
        return 2
    owner = Credentials(
        access_key=os.environ["AWS_ACCESS_KEY_ID"], secret_key=os.environ["AWS_SECRET_ACCESS_KEY"]
    )
    iam = PolicyClient(arguments.aws_endpoint_url, owner)
    options = Options(
        home=home,
        account=arguments.account,
        region=arguments.region,
        aws_url=arguments.aws_endpoint_url,
        owner=owner,
        enforce_iam=arguments.enforce_iam,
        seconds_per_minute=arguments.seconds_per_minute,
    )
    with running_service(options, triton, iam) as service:
        app = make_app(service, KnownCallers(owner, iam), _status_page(arguments.cloud))
        asyncio.run(_serve(app, arguments.port))
    return 0


def _status_page(cloud_home: Path | None) -> Callable[[], str] | None:
    if cloud_home is None:
        return None
    return lambda: status_page.page(cloud_home)


async def _serve(app: Starlette, port: int) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="warning",
            access_log=False,
            # As MiniStack. A client that reuses a connection while the server closes it gets an
            # error, and after uvicorn's default of 5 s, pauses of busy clients are that long.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
    )
    # Otherwise uvicorn would raise the signal again after its shutdown, and end the process.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    await server.serve()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m modeldrop.local.sagemaker",
        description="A local SageMaker that hosts models on the real tritonserver.",
    )
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument(
        "--aws-endpoint-url", required=True, help="endpoint of S3, CloudWatch and CloudWatch Logs"
    )
    parser.add_argument(
        "--enforce-iam",
        action="store_true",
        help="check the IAM policies of callers and execution roles, with MiniStack's IAM",
    )
    parser.add_argument(
        "--seconds-per-minute",
        type=float,
        default=60.0,
        help="seconds that scaling policies and their alarms count as a minute; tests use fewer",
    )
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--account", default="000000000000")
    parser.add_argument(
        "--home", type=Path, required=True, help="folder for models, logs and the server"
    )
    parser.add_argument(
        "--triton",
        type=Path,
        required=True,
        help="folder with nvidia-pytriton, installed by pip --target",
    )
    parser.add_argument(
        "--cloud",
        type=Path,
        help="home of the embedded cloud, to serve its status page at the root",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
