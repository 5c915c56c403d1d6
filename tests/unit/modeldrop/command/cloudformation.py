"""Serves DescribeStacks over HTTP, for commands that look up their stack.

moto's CloudFormation needs packages that the project does not have.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tests.unit.modeldrop.command.http_server import answering

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
    """Serve stacks by name with these outputs and parameters, and yield the URL."""

    def answer(request: bytes) -> tuple[int, bytes]:
        [name] = parse_qs(request.decode())["StackName"]
        outputs = "".join(OUTPUT.format(*each) for each in stacks.get(name, {}).items())
        parameters = "".join(PARAMETER.format(*each) for each in parameter_values.items())
        text = ANSWER if name in stacks else MISSING
        body = text.format(name=name, outputs=outputs, parameters=parameters).encode()
        return 200 if name in stacks else 400, body

    with answering(answer) as url:
        yield url
