"""Commands that a notification gives to people to paste. Pure.

What others named stands in them quoted for a shell. A name that cannot be printed is given in no
command, since nobody sees what it does.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from model_packager.names import is_model_name

if TYPE_CHECKING:
    from model_packager.stored import Source

_DEFAULT_STACK = "modeldrop"
"""The stack that `modeldrop` looks for unless it is told another."""

_MACHINES = ("-deploy-model", "-retire-model")
"""How template.yaml calls the state machines, after the stack's name."""


def modeldrop(execution_arn: str, *words: str) -> str:
    """Write a command for the stack that an execution belongs to."""
    stack = _stack_of(execution_arn)
    told = () if stack in (None, _DEFAULT_STACK) else ("--stack", stack)
    return shlex.join(("modeldrop", *words, *told))


def of_model(execution_arn: str, model: str, *commands: str) -> tuple[str, ...]:
    """Write `modeldrop <command> <model>` for each command; none where it is no model's name."""
    if not is_model_name(model):
        return ()
    return tuple(modeldrop(execution_arn, each, model) for each in commands)


def fetch(source: Source, file: str) -> tuple[str, ...]:
    """Fetch a file from the folder of the drop."""
    return _aws_s3("cp", _uri(source.bucket, _beside(source.key, file)), ".")


def drop_again(source: Source) -> tuple[str, ...]:
    """Drop a file that was put right."""
    return _aws_s3("cp", file_of(source), _uri(source.bucket, source.key))


def drop_as_it_is(source: Source) -> tuple[str, ...]:
    """Drop what still lies there, as if it came anew.

    S3 copies an object onto itself only where something is replaced (CopyObject API reference).
    """
    uri = _uri(source.bucket, source.key)
    return _aws_s3("cp", uri, uri, "--metadata-directive", "REPLACE")


def rename(source: Source) -> tuple[str, ...]:
    """Move a drop into a folder that can be the name of a model."""
    uri = _uri(source.bucket, source.key)
    return _aws_s3("mv", uri, _uri(source.bucket, f"NAME/{file_of(source)}"))


def file_of(source: Source) -> str:
    """Give the name of the dropped file, without its folder."""
    return source.key.rpartition("/")[2]


def _beside(key: str, file: str) -> str:
    return key.removesuffix(key.rpartition("/")[2]) + file


def _uri(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"


def _aws_s3(*words: str) -> tuple[str, ...]:
    command = shlex.join(("aws", "s3", *words))
    return (command,) if command.isprintable() else ()


def _stack_of(execution_arn: str) -> str | None:
    machine = execution_arn.split(":")[6]
    names = (machine.removesuffix(each) for each in _MACHINES if machine.endswith(each))
    return next(names, None)
