"""`modeldrop doctor` before the stack exists, with credentials that may do little."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from modeldrop.command.app import app
from tests.unit.modeldrop.conftest import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def refusing() -> Iterator[str]:
    """A service of the JSON protocol that refuses every call (moto has no Service Quotas)."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"__type": "AccessDeniedException", "Message": "ops is not authorized"}'
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep still."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.usefixtures("account")
def test_account_without_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", url)
        ended = CliRunner().invoke(app, ["doctor", "--stack", "nothing", "--json"])
    assert ended.exit_code == 1
    document = json.loads(ended.stdout)
    assert document["status"] == "failed"
    found = {each["check"]: each for each in document["checks"]}
    assert {name: each["status"] for name, each in found.items()} == {
        "credentials": "ok",
        "stack": "failed",
        "image": "ok",
        "quota": "warning",
    }
    assert found["stack"]["text"] == f"No stack nothing in {REGION}."
    assert found["quota"]["text"] == "This could not be checked: ops is not authorized"
    assert "servicequotas:ListServiceQuotas" in found["quota"]["fix"]
    assert "failed   stack: No stack nothing" in ended.stderr
    assert "         Fix: Deploy it: sam build, then sam deploy --guided" in ended.stderr


@pytest.mark.parametrize(
    ("region", "cause"),
    [(REGION, "There are no AWS credentials."), ("", "No AWS region is set.")],
    ids=["credentials", "region"],
)
def test_nothing_else_is_checked_without(
    region: str, cause: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # without samconfig.toml
    if region:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    ended = CliRunner().invoke(app, ["doctor", "--json"])
    assert ended.exit_code == 1
    [found] = json.loads(ended.stdout)["checks"]
    assert (found["check"], found["status"]) == ("credentials", "failed")
    assert cause in found["text"]
