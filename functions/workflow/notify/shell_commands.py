"""Shell commands that a notification offers to paste. Pure.

External names are quoted for a shell. A name with unprintable characters appears in no command,
since nobody can see what the command does.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from model_packager.names import DEFAULT_STACK, is_model_name

if TYPE_CHECKING:
    from model_packager.stored import Source


_MACHINES = ("-deploy-model", "-retire-model")
"""The state machines' names in template.yaml, after the stack's name."""


def modeldrop(execution_arn: str, *words: str) -> str:
    """Render a `modeldrop` command for the stack of an execution."""
    stack = _stack_of(execution_arn)
    option = () if stack in (None, DEFAULT_STACK) else ("--stack", stack)
    return shlex.join(("modeldrop", *words, *option))


def model_commands(execution_arn: str, model: str, *commands: str) -> tuple[str, ...]:
    """Render `modeldrop <command> <model>` for each command; none for an invalid model name."""
    if not is_model_name(model):
        return ()
    return tuple(modeldrop(execution_arn, each, model) for each in commands)


def download(source: Source, file: str) -> tuple[str, ...]:
    """Download a file from the drop's folder."""
    return _aws_s3("cp", _uri(source.bucket, _sibling(source.key, file)), ".")


def upload(source: Source) -> tuple[str, ...]:
    """Upload a corrected file to the drop's key."""
    return _aws_s3("cp", file_name(source), _uri(source.bucket, source.key))


def redeploy(source: Source) -> tuple[str, ...]:
    """Deploy the existing object again, unchanged.

    S3 copies an object onto itself only if something is replaced (CopyObject API reference).
    """
    uri = _uri(source.bucket, source.key)
    return _aws_s3("cp", uri, uri, "--metadata-directive", "REPLACE")


def rename(source: Source) -> tuple[str, ...]:
    """Move a drop into a folder with a valid model name."""
    uri = _uri(source.bucket, source.key)
    return _aws_s3("mv", uri, _uri(source.bucket, f"NAME/{file_name(source)}"))


def file_name(source: Source) -> str:
    """Return the dropped file's name without its folder."""
    return source.key.rpartition("/")[2]


def _sibling(key: str, file: str) -> str:
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
