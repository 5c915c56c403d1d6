"""Requests that botocore signs are accepted; changed or old requests are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from modeldrop.local.access.credentials import Credentials, random_credentials
from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.access.signature import NotAuthenticated, Request, check, needs_body, read

OWNER = random_credentials()
SESSION = random_credentials().model_copy(update={"session_token": "a token / with +=?"})
Call = Callable[[Any], object]


class _Sent(Exception):
    """Ends a call before it reaches the network."""


def session(credentials: Credentials) -> boto3.Session:
    return boto3.Session(
        credentials.access_key,
        credentials.secret_key,
        credentials.session_token or None,
        region_name="us-east-1",
    )


@contextmanager
def captured(client: Any) -> Iterator[list[AWSPreparedRequest]]:
    """Collect the requests that a client would send."""
    sent: list[AWSPreparedRequest] = []

    def stop(request: AWSPreparedRequest, **_: object) -> None:
        sent.append(request)
        raise _Sent

    client.meta.events.register("before-send", stop)
    with pytest.raises(_Sent):
        yield sent


def signed(service: str, call: Call, credentials: Credentials = OWNER) -> Request:
    """Return the signed request of a call."""
    make: Any = session(credentials).client
    client = make(service, endpoint_url="http://127.0.0.1:4566", config=Config(retries={}))
    with captured(client) as sent:
        call(client)
    return as_received(sent[0].method, sent[0].url, dict(sent[0].headers), sent[0].body)


def as_received(method: str, url: str, headers: dict[str, Any], body: Any = b"") -> Request:
    parts = httpx.URL(url)
    path, _, query = parts.raw_path.decode().partition("?")
    lower = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
    }
    lower.setdefault("host", parts.netloc.decode())
    content = body.encode() if isinstance(body, str) else (body or b"")
    return Request(method, path, query, lower, content if isinstance(content, bytes) else b"")


def presigned(credentials: Credentials = OWNER, seconds: int = 3600) -> Request:
    """Return the request of a browser that opens a presigned URL."""
    s3 = session(credentials).client(
        "s3", endpoint_url="http://127.0.0.1:4566", config=Config(signature_version="s3v4")
    )
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": "b", "Key": "a b+c/ü.html"}, ExpiresIn=seconds
    )
    return as_received("GET", url, {"accept": "text/html", "sec-fetch-site": "none"})


def accept(request: Request, credentials: Credentials = OWNER, now: datetime | None = None) -> None:
    check(request, read(request), credentials, now)


CALLS: dict[str, tuple[str, Call]] = {
    "list buckets": ("s3", lambda s3: s3.list_buckets()),
    "odd key": ("s3", lambda s3: s3.head_object(Bucket="b", Key="a b/+&=ü~(1)..//x%2F.pt")),
    "prefix": ("s3", lambda s3: s3.list_objects_v2(Bucket="b", Prefix="a b/+&=~ü*", MaxKeys=2)),
    "upload": (
        "s3",
        lambda s3: s3.put_object(Bucket="b", Key="k", Body=b"1", Metadata={"a": " b "}),
    ),
    "json": ("stepfunctions", lambda it: it.start_execution(stateMachineArn="a:b", input="{}")),
    "query": ("sts", lambda it: it.get_caller_identity()),
    "form": ("sns", lambda it: it.publish(TopicArn="a:b", Message="ü & ~ +")),
    "rest": (
        "lambda",
        lambda it: it.get_function(FunctionName="arn:aws:lambda:us-east-1:1:function:f"),
    ),
    "rest body": ("lambda", lambda it: it.invoke(FunctionName="a", Payload=b"{}")),
    "sagemaker": ("sagemaker", lambda it: it.list_endpoints(NameContains="a")),
    "invoke": (
        "sagemaker-runtime",
        lambda it: it.invoke_endpoint(EndpointName="a", Body=bytes(range(256)), Accept="a/b"),
    ),
    "tags": ("lambda", lambda it: it.untag_resource(Resource="arn:aws:a", TagKeys=["b c", "a+"])),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("credentials", [OWNER, SESSION], ids=["owner", "session"])
def test_calls_of_boto3_are_accepted(name: str, credentials: Credentials) -> None:
    accept(signed(*CALLS[name], credentials), credentials)


@pytest.mark.parametrize("credentials", [OWNER, SESSION], ids=["owner", "session"])
def test_presigned_url_is_accepted_until_it_expires(credentials: Credentials) -> None:
    request = presigned(credentials)

    accept(request, credentials)
    accept(request, credentials, datetime.now(UTC) + timedelta(minutes=59))
    with pytest.raises(NotAuthenticated, match="expired"):
        accept(request, credentials, datetime.now(UTC) + timedelta(minutes=61))


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "DELETE"},
        {"path": "/b/other"},
        {"query": "prefix=other"},
        {"body": b'{"input": "other"}'},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_changed_request_is_refused(changed: dict[str, Any]) -> None:
    request = replace(signed(*CALLS["json"]), **changed)

    with pytest.raises(NotAuthenticated) as caught:
        accept(request)

    assert caught.value.code == "SignatureDoesNotMatch"


def test_changed_presigned_url_is_refused() -> None:
    request = presigned()

    for changed in (
        replace(request, path=request.path.replace("a%20b", "other")),
        replace(request, query=request.query.replace("Expires=3600", "Expires=7200")),
        replace(request, method="PUT"),
    ):
        assert changed != request
        with pytest.raises(NotAuthenticated) as caught:
            accept(changed)
        assert caught.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("seconds", ["604801", "-1", "day", ""])
def test_presigned_url_is_valid_for_at_most_a_week(seconds: str) -> None:
    accept(presigned(seconds=604_800))
    request = presigned()
    changed = request.query.replace("Expires=3600", f"Expires={seconds}")
    with pytest.raises(NotAuthenticated, match="must be a number of seconds"):
        accept(replace(request, query=changed))


@pytest.mark.parametrize("name", ["x-amz-target", "x-amz-copy-source"])
def test_presigned_url_with_a_header_that_is_not_signed_is_refused(name: str) -> None:
    request = presigned()
    added = replace(request, headers={**request.headers, name: "a"})

    with pytest.raises(NotAuthenticated, match="which were not signed"):
        accept(added)


def test_request_to_s3_without_the_hash_of_its_content_is_refused() -> None:
    request = signed(*CALLS["upload"])
    without = {k: each for k, each in request.headers.items() if k != "x-amz-content-sha256"}

    with pytest.raises(NotAuthenticated, match="Missing required header") as caught:
        accept(replace(request, headers=without))

    assert caught.value.code == "InvalidRequest"


def test_other_secret_is_refused() -> None:
    with pytest.raises(NotAuthenticated) as caught:
        accept(signed(*CALLS["json"]), random_credentials())

    assert caught.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("name", ["json", "upload"])
def test_session_without_its_token_is_refused(name: str) -> None:
    request = signed(*CALLS[name], SESSION.model_copy(update={"session_token": ""}))

    with pytest.raises(NotAuthenticated) as caught:
        accept(request, SESSION)

    assert caught.value.code == "InvalidToken"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_old_and_future_requests_are_refused(minutes: int) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        accept(signed(*CALLS["json"]), now=datetime.now(UTC) + timedelta(minutes=minutes))

    assert caught.value.code == "RequestExpired"


@pytest.mark.parametrize("time", ["00010101T000000Z", "99991231T235959Z"])
def test_times_at_the_ends_of_the_calendar_are_refused(time: str) -> None:
    request = signed(*CALLS["json"])
    today = request.headers["x-amz-date"][:8]
    headers = {name: each.replace(today, time[:8]) for name, each in request.headers.items()}
    with pytest.raises(NotAuthenticated) as caught:
        accept(replace(request, headers={**headers, "x-amz-date": time}))

    assert caught.value.code == "RequestExpired"


def test_time_without_a_time_of_day_is_refused() -> None:
    request = signed(*CALLS["json"])
    date = request.headers["x-amz-date"][:8]
    with pytest.raises(NotAuthenticated, match="does not conform"):
        accept(replace(request, headers={**request.headers, "x-amz-date": date}))


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "MissingAuthenticationToken"),
        ({"authorization": ""}, "IncompleteSignature"),
        ({"authorization": "AWS test:c2lnbmF0dXJl"}, "IncompleteSignature"),
        ({"authorization": "Bearer token"}, "IncompleteSignature"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=test"}, "IncompleteSignature"),
    ],
)
def test_request_without_a_signature_is_refused(headers: dict[str, str], code: str) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        read(Request("GET", "/", "", {"host": "127.0.0.1", **headers}))

    assert caught.value.code == code


def test_signature_without_the_host_is_refused() -> None:
    request = signed(*CALLS["json"])
    header = request.headers["authorization"].replace("host;", "")
    unsigned = replace(request, headers={**request.headers, "authorization": header})

    with pytest.raises(NotAuthenticated):
        accept(unsigned)


@pytest.mark.parametrize(("name", "needed"), [("json", True), ("upload", False)])
def test_body_is_read_only_where_its_hash_is_in_no_header(name: str, needed: bool) -> None:
    request = signed(*CALLS[name])

    assert needs_body(request, read(request)) is needed


def test_own_requests_are_signed() -> None:
    url = "http://127.0.0.1:4566/_modeldrop/faults?contains=a%20b%2B"
    [sent] = OwnerAuth(OWNER).auth_flow(httpx.Request("PUT", url, content=b"[1]"))
    request = as_received(sent.method, str(sent.url), dict(sent.headers), sent.content)

    accept(request)
    with pytest.raises(NotAuthenticated):
        accept(replace(request, body=b"[2]"))


def test_credentials_are_random_and_not_shown() -> None:
    one, other = random_credentials(), random_credentials()

    assert one.access_key != other.access_key
    assert one.page_key not in {other.page_key, one.secret_key}
    assert one.secret_key not in repr(one)
