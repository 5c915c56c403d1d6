"""Shell commands that a notification offers to paste. Pure.

External names are quoted for a shell. No command contains a name with unprintable characters,
because nobody could see what the command does.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from model_packager.golden_sample import FOLDER as SAMPLE_FOLDER
from model_packager.names.drop import SPEC_FILE
from model_packager.names.model import is_model_name
from model_packager.names.stack import DEFAULT_STACK

if TYPE_CHECKING:
    from model_packager.stored import Source


_MACHINES = ("-deploy-model", "-retire-model", "-batch-transform")
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


def download(source: Source) -> tuple[str, ...]:
    """Render the commands that download the dropped file."""
    return _aws_s3("cp", _uri(source.bucket, source.key), ".")


def upload(source: Source) -> tuple[str, ...]:
    """Render the commands that upload a corrected file to the drop's key."""
    return _aws_s3("cp", file_name(source), _uri(source.bucket, source.key))


def fetch_spec(source: Source) -> tuple[str, ...]:
    """Render the command that downloads the drop's deploy.yaml, or creates one."""
    copies = _aws_s3("cp", _sibling(source, SPEC_FILE), ".")
    return tuple(f"{each} || touch {SPEC_FILE}" for each in copies)


def upload_spec(source: Source) -> tuple[str, ...]:
    """Render the command that uploads deploy.yaml, which deploys the model next to it again."""
    return _aws_s3("cp", SPEC_FILE, _sibling(source, SPEC_FILE))


def download_sample(source: Source) -> tuple[str, ...]:
    """Render the command that downloads the golden sample, if there is one."""
    return _aws_s3("cp", "--recursive", _sibling(source, SAMPLE_FOLDER), SAMPLE_FOLDER)


def upload_sample(source: Source) -> tuple[str, ...]:
    """Render the command that uploads a corrected golden sample, which starts no deployment."""
    return _aws_s3("cp", "--recursive", SAMPLE_FOLDER, _sibling(source, SAMPLE_FOLDER))


def redeploy(source: Source) -> tuple[str, ...]:
    """Render the command that deploys the unchanged object again.

    S3 copies an object onto itself only if the copy changes something (CopyObject API reference).
    """
    uri = _uri(source.bucket, source.key)
    return _aws_s3("cp", uri, uri, "--metadata-directive", "REPLACE")


def rename(source: Source) -> tuple[str, ...]:
    """Render the command that moves a drop into a folder with a valid model name."""
    uri = _uri(source.bucket, source.key)
    return _aws_s3("mv", uri, _uri(source.bucket, f"NAME/{file_name(source)}"))


def file_name(source: Source) -> str:
    """Return the dropped file's name without its folder."""
    return source.key.rpartition("/")[2]


def _sibling(source: Source, name: str) -> str:
    return _uri(source.bucket, source.key.removesuffix(file_name(source)) + name)


def _uri(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"


def _aws_s3(*words: str) -> tuple[str, ...]:
    command = shlex.join(("aws", "s3", *words))
    return (command,) if command.isprintable() else ()


def _stack_of(execution_arn: str) -> str | None:
    machine = execution_arn.split(":")[6]
    names = (machine.removesuffix(each) for each in _MACHINES if machine.endswith(each))
    return next(names, None)
