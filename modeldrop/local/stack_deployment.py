"""Deploys the stack with the real ``sam build``, ``sam package`` and ``sam deploy``.

The template is the unmodified template for AWS. A build takes half a minute, and zipping the layers
takes several seconds. MiniStack keeps nothing after it stops, so this module caches the uploads of
``sam package`` until one of their inputs changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import boto3

from model_packager.names.stack import DEFAULT_STACK
from modeldrop.errors import CommandError
from modeldrop.local import process, tools

# template.yaml and everything it refers to. A test compares this list with the template.
BUILD_INPUTS = (
    "template.yaml",
    "functions",
    "layers",
    "model_client",
    "model_packager",
    "statemachine",
)
BUILD_CACHE = tools.PROJECT_ROOT / ".aws-sam" / "embedded"

_BUCKET = "modeldrop-deployment-artifacts"
_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
_NOT_AN_INPUT = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache", ".DS_Store"})

Progress = Callable[[str], None]


class StackFailed(CommandError):
    """``sam`` failed; the message ends with the tail of its log."""


@dataclass(frozen=True)
class DeploymentTarget:
    """The cloud to deploy to, and the folders for logs and files.

    Attributes:
        session: a boto3 session for the cloud.
        environment: the environment variables that point other programs at the cloud.
        marker: the environment variable that marks processes as the cloud's.
        logs: the folder for the log files.
        home: the folder for the packaged template, which is also the programs' HOME.
    """

    session: boto3.Session
    environment: Mapping[str, str]
    marker: Mapping[str, str]
    logs: Path
    home: Path


def host_runtime() -> str:
    """Return the Lambda runtime identifier of this Python, which MiniStack runs functions with."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def source_digest(root: Path = tools.PROJECT_ROOT, runtime: str | None = None) -> str:
    """Return the SHA-256 digest of all build inputs: names, contents, runtime and SAM version."""
    digest = hashlib.sha256()
    digest.update(f"{runtime or host_runtime()} sam {tools.SAM_VERSION}\n".encode())
    for name in BUILD_INPUTS:
        for path in _files(root / name):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{content} {path.relative_to(root)}\n".encode())
    return digest.hexdigest()


def deploy(
    target: DeploymentTarget, parameters: Mapping[str, str], progress: Progress
) -> dict[str, str]:
    """Build if needed, deploy, and return the stack's outputs.

    Args:
        target: the embedded cloud.
        parameters: template parameters that differ from their defaults. PythonRuntime is always
            `host_runtime`.
        progress: receives progress messages, one line each.

    Raises:
        ToolMissing: the pinned version of sam is not installed.
        StackFailed: a sam command failed.
    """
    runtime = {"PythonRuntime": host_runtime()}
    template = target.home / "packaged.yaml"
    with _locked(BUILD_CACHE):
        _package(target, runtime, progress)
        shutil.copyfile(BUILD_CACHE / "packaged.yaml", template)
    progress("Deploying the stack (sam deploy)")
    _sam(
        "deploy",
        {"--template-file": template, "--stack-name": DEFAULT_STACK, "--s3-bucket": _BUCKET},
        ["--no-confirm-changeset", "--no-fail-on-empty-changeset"],
        ["--capabilities", *_CAPABILITIES],
        _overrides({**parameters, **runtime}),
        environment=_isolated(target),
        log=target.logs / "sam-deploy.log",
    )
    return _outputs(target.session)


def _package(target: DeploymentTarget, runtime: Mapping[str, str], progress: Progress) -> None:
    """Upload the artifacts to MiniStack, and write the packaged template to the cache."""
    s3 = target.session.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    artifacts, done = BUILD_CACHE / "artifacts", BUILD_CACHE / "digest"
    digest = source_digest()
    if done.exists() and done.read_text() == digest:
        for artifact in artifacts.iterdir():
            s3.upload_file(str(artifact), _BUCKET, artifact.name)
        return
    done.unlink(missing_ok=True)
    shutil.rmtree(artifacts, ignore_errors=True)
    progress(
        "Building the functions and layers (sam build, half a minute; cached until they change)"
    )
    _sam(
        "build",
        {
            "--template-file": tools.PROJECT_ROOT / "template.yaml",
            "--base-dir": tools.PROJECT_ROOT,
            "--build-dir": BUILD_CACHE / "build",
        },
        _overrides(runtime),
        environment=_for_pip(target),
        log=target.logs / "sam-build.log",
    )
    progress("Packaging the functions and layers (sam package)")
    _sam(
        "package",
        {
            "--template-file": BUILD_CACHE / "build" / "template.yaml",
            "--output-template-file": BUILD_CACHE / "packaged.yaml",
            "--s3-bucket": _BUCKET,
        },
        environment=_isolated(target),
        log=target.logs / "sam-package.log",
    )
    artifacts.mkdir()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=_BUCKET):
        for item in page.get("Contents", []):
            s3.download_file(_BUCKET, item["Key"], str(artifacts / item["Key"]))
    shutil.rmtree(BUILD_CACHE / "build")
    # Otherwise a file was edited during the build, so the next deployment builds again.
    if source_digest() == digest:
        done.write_text(digest)


def _sam(
    command: str,
    options: Mapping[str, str | Path],
    *switches: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
) -> None:
    sam = tools.sam().require()
    # An empty configuration file, because samconfig.toml is for AWS.
    empty = BUILD_CACHE / "samconfig.toml"
    empty.parent.mkdir(parents=True, exist_ok=True)
    empty.write_text("version = 0.1\n")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        code = subprocess.run(
            [sam, command, "--config-file", empty, *chain(*options.items()), *chain(*switches)],
            env=dict(environment),
            cwd=tools.PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if code != 0:
        raise StackFailed(
            f"`sam {command}` failed with exit code {code}.\n" + process.log_tail(log)
        )


def _isolated(target: DeploymentTarget) -> dict[str, str]:
    """Return the environment for commands that call MiniStack.

    Only PATH is from the user's environment.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(target.home),
        "LC_ALL": "C.UTF-8",
        **_sam_settings(),
        **target.environment,
        **target.marker,
    }


def _for_pip(target: DeploymentTarget) -> dict[str, str]:
    """Return the user's environment without AWS variables.

    The build needs it to download wheels.
    """
    own = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return {**own, **_sam_settings(), **target.environment, **target.marker}


def _sam_settings() -> dict[str, str]:
    return {
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",  # seconds; the default of 5 is for AWS
        "__SAM_CLI_APP_DIR": str(BUILD_CACHE),
        "COLUMNS": "200",  # otherwise sam wraps its tables at the terminal's width
    }


def _overrides(parameters: Mapping[str, str]) -> list[str]:
    return ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]


def _outputs(session: boto3.Session) -> dict[str, str]:
    stacks = session.client("cloudformation").describe_stacks(StackName=DEFAULT_STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        for entry in sorted(path.iterdir()):
            if entry.name not in _NOT_AN_INPUT:
                yield from _files(entry)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder against other modeldrop commands."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
