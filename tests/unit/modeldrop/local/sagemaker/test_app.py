"""Every route of the local SageMaker needs a signature, and some need the owner's signature."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httpx
import pytest
from starlette.routing import Route

from modeldrop.local.access.credentials import Credentials, Known, random_credentials
from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.access.signature import NotAuthenticated
from modeldrop.local.sagemaker.app import make_app

OWNER, SESSION, STRANGER = (random_credentials() for _ in range(3))
BROWSER = {"accept": "text/html", "sec-fetch-site": "none", "sec-fetch-mode": "navigate"}


class Callers:
    """Knows the owner and one session."""

    owner = OWNER

    async def find(self, access_key: str, _session_token: str) -> Known:
        for each in (OWNER, SESSION):
            if access_key == each.access_key:
                return Known(each, is_owner=each is OWNER)
        raise NotAuthenticated("UnrecognizedClientException", "The access key is unknown.")


APP = make_app(cast(Any, None), cast(Any, Callers()), lambda: "the status page")
ROUTES = [
    (method, route.path.format(name="e", operation="invocations-async"))
    for route in APP.routes
    if isinstance(route, Route)
    for method in sorted(route.methods or ())
    if route.path != "/ready"
]


def send(
    method: str, path: str, signer: Credentials | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=APP, raise_app_exceptions=False)
        auth = OwnerAuth(signer) if signer else None
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4566") as http:
            return await http.request(method, path, auth=auth, headers=headers)

    return asyncio.run(request())


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_unsigned_requests_are_refused(method: str, path: str) -> None:
    assert send(method, path).status_code == 403
    assert send(method, path, headers=BROWSER).status_code == 403


@pytest.mark.parametrize(("method", "path"), [each for each in ROUTES if each[1] != "/"])
def test_requests_of_unknown_callers_are_refused(method: str, path: str) -> None:
    wrong_secret = OWNER.model_copy(update={"secret_key": "guess"})
    for signer in (STRANGER, wrong_secret):
        response = send(method, path, signer)
        assert response.status_code == 403
        assert method == "HEAD" or "modeldrop local env" in response.json()["message"]


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/faults"), ("DELETE", "/faults"), ("GET", "/servers")]
)
def test_functions_of_the_cloud_cannot_use_the_routes_of_its_owner(method: str, path: str) -> None:
    response = send(method, path, SESSION)

    assert response.status_code == 403
    assert response.json()["message"] == "Only the owner of the local cloud may do this."


@pytest.mark.parametrize("signer", [OWNER, SESSION])
def test_known_callers_reach_the_operation(signer: Credentials) -> None:
    response = send("POST", "/endpoints/e/invocations-async", signer)

    assert response.status_code == 400
    assert response.headers["x-amzn-errortype"] == "UnknownOperationException"


def test_readiness_needs_no_signature() -> None:
    assert send("GET", "/ready").json() == {"status": "ready"}


def test_status_page_needs_the_key_of_its_link() -> None:
    shown = send("GET", f"/?key={OWNER.page_key}", headers=BROWSER)
    refused = send("GET", "/?key=guess", headers=BROWSER)

    assert shown.text == "the status page"
    assert refused.status_code == 403
    assert "modeldrop local status" in refused.text
