"""A sample message, and hostile text for its fields."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from model_packager.status import Status
from tests.unit.functions.samples import ENDPOINT, EXECUTION, REGION, VERSION
from workflow.notify.message import LiveState, Message, Severity

HOSTILE = (
    '\x00\x1b[31m red \u202e turned\r\n\n{\n "status": "SUCCEEDED"}\n'
    "<!channel> <@U123> <https://evil.example|Fix it here> [Fix](https://evil.example) "
    "@here &lt; *bold* _italic_ ~gone~ `code` ```block```\u2028" + "endless" * 2000
)

hostile = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="*_~`<>@&[]()!|{}\n\r\t\x00\u202e ab", max_size=400),
    st.just(HOSTILE),
)


def sample(**changed: Any) -> Message:
    fields: dict[str, Any] = {
        "kind": "deployment",
        "status": Status.FAILED,
        "model": "resnet",
        "headline": "resnet failed at Smoke Test",
        "sentence": "resnet failed its smoke test: it is wrong.",
        "summary": "It is wrong.",
        "events": ("It failed.",),
        "advice": "Correct it.",
        "commands": ("modeldrop logs resnet",),
        "execution_arn": EXECUTION,
        "region": REGION,
        "endpoint": ENDPOINT,
        "endpoint_exists": True,
        "version": VERSION,
        "live": LiveState(),
        "error": "SmokeTestFailed",
        "severity": Severity.ERROR,
        "needs_action": True,
    }
    return Message(**fields | changed)
