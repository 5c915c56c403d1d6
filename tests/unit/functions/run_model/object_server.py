"""An HTTP server with objects, like S3 for presigned URLs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from workflow.contracts.deploy_model import CpuTestFile

if TYPE_CHECKING:
    from collections.abc import Iterator

ETAG = "0a1b"


@dataclass
class Objects:
    """The objects by name.

    A value is the content, a status such as 403, or a URL to redirect to.
    """

    url: str
    contents: dict[str, bytes | int | str] = field(default_factory=dict)

    def file(self, name: str, size: int | None = None, etag: str = ETAG) -> CpuTestFile:
        content = self.contents[name]
        known = len(content) if isinstance(content, bytes) else 1
        url = f"{self.url}/{name}?X-Amz-Signature=secret"
        return CpuTestFile(name=name, url=url, etag=etag, size=known if size is None else size)


@contextmanager
def objects() -> Iterator[Objects]:
    """Serve objects during a `with` block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = served.contents[self.path.partition("?")[0].removeprefix("/")]
            if isinstance(content, str):
                self.send_response(307)
                self.send_header("Location", content)
                self.end_headers()
            elif isinstance(content, int):
                self.send_error(content)
            elif self.headers["If-Match"] != f'"{ETAG}"':
                self.send_error(412)
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Objects(f"http://127.0.0.1:{server.server_address[1]}")
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
