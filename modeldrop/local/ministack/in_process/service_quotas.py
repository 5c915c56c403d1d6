"""Service Quotas, which MiniStack lacks, with SageMaker's quotas of instances for endpoints.

The local SageMaker enforces no quotas, so every instance type has the same generous quota.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from model_packager.sagemaker.instance_facts import known_instance_types
from modeldrop.local.access.authentication import read_body, request_of
from modeldrop.local.access.signature import access_key
from modeldrop.local.ministack.in_process.policy_evaluation import check
from modeldrop.local.ministack.policy_checks import CheckRequest, Permission

SIGNING_NAME = "servicequotas"
_INSTANCES = 100.0
_TARGET = "ServiceQuotasV20190624."
_OPERATIONS = {"ListServiceQuotas", "ListAWSDefaultServiceQuotas"}


async def serve(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """Handle a request of the AWS JSON 1.1 protocol (ASGI)."""
    headers = request_of(scope).headers
    operation = headers.get("x-amz-target", "").removeprefix(_TARGET)
    body = await read_body(receive)
    status, document = respond(operation, json.loads(body or b"{}"), access_key(headers))
    form = [(b"content-type", b"application/x-amz-json-1.1")]
    await send({"type": "http.response.start", "status": status, "headers": form})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})


def respond(
    operation: str, request: Mapping[str, Any], access_key: str
) -> tuple[int, dict[str, Any]]:
    """Return the HTTP status and the response for a call by the owner of an access key."""
    if operation not in _OPERATIONS:
        return 400, {"__type": "UnknownOperationException"}
    # The actions have no resource types (service authorization reference, Service Quotas).
    permission = Permission(action=f"servicequotas:{operation}")
    checked = check(CheckRequest(access_key=access_key, permissions=[permission]))
    if checked.error is not None:
        return 400, {"__type": checked.error.code, "Message": checked.error.message}
    for denial in checked.denials:
        return 400, {"__type": "AccessDeniedException", "Message": denial.message}
    if request.get("ServiceCode") != "sagemaker":
        return 400, {"__type": "NoSuchResourceException", "Message": "There are no quotas."}
    return 200, {"Quotas": [_quota(each) for each in known_instance_types()]}


def _quota(instance_type: str) -> dict[str, Any]:
    name = f"{instance_type} for endpoint usage"
    return {
        "ServiceCode": "sagemaker",
        "QuotaCode": f"L-{zlib.crc32(name.encode()):08X}",  # the format is AWS's, the code is not
        "QuotaName": name,
        "Value": _INSTANCES,
        "Adjustable": True,
    }
