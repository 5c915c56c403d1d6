"""The HTTP side: control plane, runtime API, readiness and faults, as one Starlette app."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from modeldrop.local.sagemaker import control_plane, runtime
from modeldrop.local.sagemaker.errors import ApiError, unknown_operation
from modeldrop.local.sagemaker.faults import FAULTS
from modeldrop.local.sagemaker.service import Service

_JSON = "application/x-amz-json-1.1"


def make_app(service: Service) -> Starlette:
    """Build the app. It starts and stops nothing but its own HTTP client."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
            app.state.client = client
            yield

    app = Starlette(
        routes=[
            Route("/", _control_plane, methods=["POST"]),
            Route("/endpoints/{name}/invocations", _invoke, methods=["POST"]),
            Route("/endpoints/{name}/{operation}", _unknown_runtime_operation, methods=["POST"]),
            Route("/ready", _ready, methods=["GET"]),
            Route("/faults", _add_faults, methods=["PUT"]),
            Route("/faults", _clear_faults, methods=["DELETE"]),
        ],
        exception_handlers={ApiError: _error_response},
        lifespan=lifespan,
    )
    app.state.service = service
    return app


async def _control_plane(request: Request) -> Response:
    target = request.headers.get("x-amz-target", "")
    body = await request.body()
    answer = await run_in_threadpool(control_plane.answer, request.app.state.service, target, body)
    return Response(answer, media_type=_JSON, headers=_request_id())


async def _invoke(request: Request) -> Response:
    answer = await runtime.invoke(
        request.app.state.service,
        request.app.state.client,
        request.path_params["name"],
        {name.lower(): value for name, value in request.headers.items()},
        await request.body(),
    )
    return Response(answer.body, headers={**answer.headers, **_request_id()})


async def _unknown_runtime_operation(request: Request) -> Response:
    raise unknown_operation(request.path_params["operation"], ["InvokeEndpoint"])


async def _ready(_request: Request) -> Response:
    return JSONResponse({"status": "ready"})


async def _add_faults(request: Request) -> Response:
    try:
        faults = FAULTS.validate_json(await request.body())
    except ValidationError as error:
        return Response(str(error), status_code=400, media_type="text/plain")
    request.app.state.service.faults.add(faults)
    return Response(status_code=204)


async def _clear_faults(request: Request) -> Response:
    left = request.app.state.service.faults.clear(request.query_params.get("contains", ""))
    return Response(FAULTS.dump_json(left), media_type="application/json")


async def _error_response(_request: Request, error: Exception) -> Response:
    """Write an error so that both protocols' parsers in botocore read code, message, members."""
    assert isinstance(error, ApiError)  # noqa: S101 - it is registered for this class alone
    body = {"__type": error.code, "message": error.message, "Message": error.message}
    return Response(
        json.dumps({**body, **error.members}),
        status_code=error.status,
        media_type=_JSON,
        headers={"x-amzn-ErrorType": error.code, **_request_id()},
    )


def _request_id() -> dict[str, str]:
    return {"x-amzn-RequestId": str(uuid.uuid4())}
