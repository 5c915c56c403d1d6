"""The HTTP app (Starlette): control plane, runtime, servers, readiness and fault injection."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from modeldrop.local.access.authentication import authenticate, request_of
from modeldrop.local.access.signature import NotAuthenticated, access_key, secrets_match
from modeldrop.local.cross_site import refuse
from modeldrop.local.sagemaker.api import async_runtime, control_plane, runtime
from modeldrop.local.sagemaker.errors import ApiError, unknown_operation
from modeldrop.local.sagemaker.faults import FAULTS
from modeldrop.local.sagemaker.hosting.container_clients import ContainerClients
from modeldrop.local.sagemaker.known_callers import KnownCallers
from modeldrop.local.sagemaker.servers import servers
from modeldrop.local.sagemaker.service import Service

_JSON = "application/x-amz-json-1.1"
_PAGE_HEADERS = {
    # The page cannot run, load or send anything, even if a model name contains HTML.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


_READY = "/ready"
_OWNERS = {"/servers", "/faults"}


class _Guard:
    """Rejects requests of web pages (see `cross_site`), and those that no known caller signed."""

    def __init__(self, app: ASGIApp, callers: KnownCallers) -> None:
        self._app = app
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif not await refuse(scope, send):
            try:
                receive = await self._checked(scope, receive)
            except NotAuthenticated as error:
                response = await _error_response(None, ApiError(error.code, str(error), 403))
                await response(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive) -> Receive:
        if scope["path"] == _READY:
            return receive
        if scope["path"] == "/" and scope["method"] in {"GET", "HEAD"}:
            if secrets_match(request_of(scope).parameter("key"), self._callers.owner.page_key):
                return receive
            raise NotAuthenticated(
                "AccessDenied",
                "Open the link of the status page that `modeldrop local status` prints.",
            )
        owner_only = scope["path"] in _OWNERS
        return await authenticate(scope, receive, self._callers.find, owner_only=owner_only)


def make_app(
    service: Service, callers: KnownCallers, status_page: Callable[[], str] | None = None
) -> Starlette:
    """Build the app. It starts and stops only HTTP clients.

    Args:
        service: the state of the local SageMaker.
        callers: the callers whose signatures are accepted.
        status_page: renders the page at the root; None for no page.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.containers = ContainerClients()
        yield
        await app.state.containers.close()

    app = Starlette(
        routes=[
            Route("/", _control_plane, methods=["POST"]),
            *([Route("/", _status_page, methods=["GET"])] if status_page else []),
            Route("/endpoints/{name}/invocations", _invoke, methods=["POST"]),
            Route("/endpoints/{name}/async-invocations", _invoke_async, methods=["POST"]),
            Route("/endpoints/{name}/{operation}", _unknown_runtime_operation, methods=["POST"]),
            Route(_READY, _ready, methods=["GET"]),
            Route("/servers", _servers, methods=["GET"]),
            Route("/faults", _add_faults, methods=["PUT"]),
            Route("/faults", _clear_faults, methods=["DELETE"]),
        ],
        exception_handlers={ApiError: _error_response},
        lifespan=lifespan,
        middleware=[Middleware(_Guard, callers)],
    )
    app.state.service = service
    app.state.status_page = status_page
    return app


async def _control_plane(request: Request) -> Response:
    target = request.headers.get("x-amz-target", "")
    body = await request.body()
    caller = access_key(request.headers)
    service = request.app.state.service
    response = await run_in_threadpool(control_plane.handle, service, target, body, caller)
    return Response(response, media_type=_JSON, headers=_request_id())


async def _invoke(request: Request) -> Response:
    response = await runtime.invoke(
        request.app.state.service,
        request.app.state.containers,
        request.path_params["name"],
        {name.lower(): value for name, value in request.headers.items()},
        await request.body(),
    )
    return Response(response.body, headers={**response.headers, **_request_id()})


async def _invoke_async(request: Request) -> Response:
    accepted = await run_in_threadpool(
        async_runtime.invoke_async,
        request.app.state.service,
        request.path_params["name"],
        {name.lower(): value for name, value in request.headers.items()},
        await request.body(),
    )
    headers = {"X-Amzn-SageMaker-OutputLocation": accepted.output_location, **_request_id()}
    if accepted.failure_location is not None:
        headers["X-Amzn-SageMaker-FailureLocation"] = accepted.failure_location
    return JSONResponse(
        {"InferenceId": accepted.inference_id}, status_code=HTTPStatus.ACCEPTED, headers=headers
    )


async def _unknown_runtime_operation(request: Request) -> Response:
    raise unknown_operation(
        request.path_params["operation"], ["InvokeEndpoint", "InvokeEndpointAsync"]
    )


async def _ready(_request: Request) -> Response:
    return JSONResponse({"status": "ready"})


async def _status_page(request: Request) -> Response:
    page = await run_in_threadpool(request.app.state.status_page)
    return HTMLResponse(page, headers=_PAGE_HEADERS)


async def _servers(request: Request) -> Response:
    service = request.app.state.service
    return JSONResponse(servers(service.registry, service.transform_jobs))


async def _add_faults(request: Request) -> Response:
    try:
        faults = FAULTS.validate_json(await request.body())
    except ValidationError as error:
        return Response(str(error), status_code=400, media_type="text/plain")
    request.app.state.service.faults.add(faults)
    return Response(status_code=204)


async def _clear_faults(request: Request) -> Response:
    removed = request.app.state.service.faults.clear(request.query_params.get("contains", ""))
    return Response(FAULTS.dump_json(removed), media_type="application/json")


async def _error_response(_request: Request | None, error: Exception) -> Response:
    """Render an error for the parsers of both protocols in botocore."""
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this class only
    body = {"__type": error.code, "message": error.message, "Message": error.message}
    return Response(
        json.dumps({**body, **error.members}),
        status_code=error.status,
        media_type=_JSON,
        headers={"x-amzn-ErrorType": error.code, **_request_id()},
    )


def _request_id() -> dict[str, str]:
    return {"x-amzn-RequestId": str(uuid.uuid4())}
