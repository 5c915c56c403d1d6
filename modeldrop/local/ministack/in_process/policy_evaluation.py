"""Evaluates IAM policies inside MiniStack's process, with MiniStack's evaluator.

The local SageMaker uses these routes, so the same roles, policies and permissions boundaries apply
to its API as to all other services. MiniStack's Python has pydantic, but no other dependency of
this project.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from modeldrop.local.access.authentication import read_body
from modeldrop.local.access.credentials import Credentials
from modeldrop.local.ministack.in_process.emulator_modules import emulator_module
from modeldrop.local.ministack.policy_checks import (
    CHECK_PATH,
    CREDENTIALS_PATH,
    CheckRequest,
    CheckResponse,
    CredentialsRequest,
    CredentialsResponse,
    Denial,
    IamError,
    Permission,
    SessionRequest,
    SessionResponse,
)

_SESSION_SECONDS = 3600  # AssumeRole's default


async def serve(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """Handle a request to `CHECK_PATH`, `CREDENTIALS_PATH` or `SESSION_PATH` (ASGI)."""
    body = await read_body(receive)
    status = 200
    try:
        if scope["path"] == CHECK_PATH:
            text = check(CheckRequest.model_validate_json(body)).model_dump_json()
        elif scope["path"] == CREDENTIALS_PATH:
            text = credentials(CredentialsRequest.model_validate_json(body)).model_dump_json()
        else:
            text = assume(SessionRequest.model_validate_json(body)).model_dump_json()
    except ValidationError as error:
        status, text = 400, str(error)
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": text.encode()})


def credentials(request: CredentialsRequest) -> CredentialsResponse:
    """Find the credentials of the owner, a user or a session.

    MiniStack may not compare the session token, so the caller must compare the token in the
    response.
    """
    evaluator = emulator_module("core.iam_evaluator")
    responses = emulator_module("core.responses")
    key = request.access_key
    account = responses._account_from_sts_session(key) or _account()
    found = evaluator.resolve_credential(key, account, request.session_token)
    if isinstance(found, evaluator.CredentialResolutionError):
        return CredentialsResponse(error=IamError(code=found.code, message=found.message))
    return CredentialsResponse(
        credentials=Credentials(
            access_key=key,
            secret_key=found.secret_access_key,
            session_token=found.session_token or "",
        )
    )


def check(request: CheckRequest) -> CheckResponse:
    """Evaluate the caller's policies, permissions boundary and session policies."""
    evaluator = emulator_module("core.iam_evaluator")
    principal = evaluator.resolve_principal(request.access_key, _account())
    if isinstance(principal, evaluator.AuthError):
        return CheckResponse(error=IamError(code=principal.code, message=principal.message))
    if principal.policies is None:  # the account's root user
        return CheckResponse()
    denials = [
        Denial(permission=permission, message=message)
        for permission in request.permissions
        if (message := _denial(evaluator, principal, permission))
    ]
    return CheckResponse(denials=denials)


def _denial(evaluator: Any, principal: Any, permission: Permission) -> str | None:
    """Return AWS's message if the permission is denied; otherwise None."""
    context: dict[str, Any] = {key.lower(): value for key, value in permission.context.items()}
    # aws:TagKeys is absent from a request without tags.
    context.setdefault("aws:tagkeys", None)
    request = evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=permission.action,
        resource_arn=permission.resource,
        region=os.environ["MINISTACK_REGION"],
        secure_transport=True,
        service_context=context,
        principal_keys=principal.keys,
    )
    decision = evaluator.evaluate(request, principal.policies, *principal.limits).decision
    if decision == "Allow":
        return None
    # Sources of the messages: aws-controllers-k8s/community#1889; for the boundary,
    # aws/amazon-sagemaker-feedback#88.
    what = (
        f"User: {principal.arn} is not authorized to perform: {permission.action} on resource: "
        f"{permission.resource}"
    )
    if decision == "Deny":
        return f"{what} with an explicit deny in an identity-based policy"
    by_identity = evaluator.evaluate(request, principal.policies).decision == "Allow"
    policy = "permissions boundary" if by_identity else "identity-based policy"
    return f"{what} because no {policy} allows the {permission.action} action"


def assume(request: SessionRequest) -> SessionResponse:
    """Create a session of a role if its trust policy names the service.

    MiniStack's AssumeRole does not support service principals: it lets root assume such a role, and
    lacks aws:SourceAccount, which our trust policies require.
    """
    account, name = _account(), request.role_arn.rpartition("/")[2]
    role = emulator_module("services.iam")._roles.get_scoped(account, None, name)
    if role is None or not _trusts(role["AssumeRolePolicyDocument"], request, account):
        return SessionResponse(
            error=IamError(
                code="AccessDenied",
                message=f"{request.service} is not authorized to perform: sts:AssumeRole on "
                f"resource: {request.role_arn}",
            )
        )
    session = SessionResponse(
        access_key=f"ASIA{secrets.token_hex(8).upper()}",
        secret_key=secrets.token_hex(20),
        session_token=secrets.token_hex(32),
    )
    emulator_module("services.sts").register_session(
        session.access_key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{request.session_name}",
            "UserId": f"{name}:{request.session_name}",
            "SecretAccessKey": session.secret_key,
            "SessionToken": session.session_token,
            "Expiration": time.time() + _SESSION_SECONDS,
        },
    )
    return session


def _trusts(document: Any, request: SessionRequest, account: str) -> bool:
    evaluator = emulator_module("core.iam_evaluator")
    policy = json.loads(document) if isinstance(document, str) else document
    # For MiniStack's evaluator, root matches every service principal. So only the statements that
    # name this service count.
    named = [
        statement
        for statement in _listed(policy["Statement"])
        if isinstance(statement["Principal"], dict)
        and request.service in _listed(statement["Principal"].get("Service", []))
    ]
    context = evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::{account}:root",
        principal_type="Root",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=request.role_arn,
        region=os.environ["MINISTACK_REGION"],
        service_context={"aws:sourceaccount": account},
    )
    trusted: bool = evaluator.evaluate_trust_policy(
        {"Statement": named}, context.principal_arn, context
    )
    return trusted


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _account() -> str:
    return os.environ["MINISTACK_ACCOUNT_ID"]
