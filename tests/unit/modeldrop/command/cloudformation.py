"""DescribeStacks over HTTP, for a command that looks its stack up.

moto's own CloudFormation needs packages that the project does without.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Stacks = Mapping[str, Mapping[str, str]]

ANSWER = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>{name}</StackName><Outputs>{outputs}</Outputs>
<Parameters>{parameters}</Parameters></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
MISSING = """<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error>
<Type>Sender</Type><Code>ValidationError</Code>
<Message>Stack with id {name} does not exist</Message>
</Error></ErrorResponse>"""
OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"
PARAMETER = "<member><ParameterKey>{}</ParameterKey><ParameterValue>{}</ParameterValue></member>"


@contextmanager
def described(stacks: Stacks, **parameter_values: str) -> Iterator[str]:
    """Serve stacks by name with these outputs and parameters; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            [name] = parse_qs(self.rfile.read(length).decode())["StackName"]
            outputs = "".join(OUTPUT.format(*each) for each in stacks.get(name, {}).items())
            parameters = "".join(PARAMETER.format(*each) for each in parameter_values.items())
            text = ANSWER if name in stacks else MISSING
            answer = text.format(name=name, outputs=outputs, parameters=parameters).encode()
            self.send_response(200 if name in stacks else 400)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

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
