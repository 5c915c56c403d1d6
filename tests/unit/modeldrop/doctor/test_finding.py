from __future__ import annotations

from typing import Any, NoReturn

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from modeldrop.doctor.finding import Status, failed, guarded, ok, warning, worst


def refused(code: str, message: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}}
    return ClientError(response, "SimulatePrincipalPolicy")


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "AuthorizationError"])
def test_missing_permission_of_the_caller_is_a_warning(code: str) -> None:
    def examine() -> NoReturn:
        raise refused(code, "User: ops is not authorized to perform: iam:SimulatePrincipalPolicy")

    [found] = guarded("permissions", "iam:SimulatePrincipalPolicy", examine)
    assert found.status is Status.WARNING
    assert found.text.startswith("This could not be checked: User: ops is not authorized")
    assert found.fix.startswith("Grant your role iam:SimulatePrincipalPolicy")


@pytest.mark.parametrize(
    "error",
    [refused("Throttling", "Rate exceeded"), EndpointConnectionError(endpoint_url="https://x")],
    ids=["throttled", "unreachable"],
)
def test_other_errors_of_a_call_are_warnings(error: ClientError | BotoCoreError) -> None:
    def examine() -> NoReturn:
        raise error

    [found] = guarded("quota", "servicequotas:ListServiceQuotas", examine)
    assert found.status is Status.WARNING
    assert found.fix == "Repeat the command."


def test_most_serious_status() -> None:
    found = [ok("a", ""), warning("b", "", "f"), failed("c", "", "f")]
    assert [worst(found[:n]) for n in range(4)] == [
        Status.OK,
        Status.OK,
        Status.WARNING,
        Status.FAILED,
    ]
