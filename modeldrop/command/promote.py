"""`modeldrop promote`: drop the live version of a model in another account."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from model_packager.names.drop import drop_folder
from modeldrop.command.drop import checked_drop, deploy
from modeldrop.command.terminal.deployed_stack import StackChoice, Yes, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.screen import Json, console, rejection_as_json
from modeldrop.dropping.promotion import download_drop
from modeldrop.errors import UsageError
from modeldrop.interruption import announce
from modeldrop.model_names import unknown_model
from modeldrop.stored_documents import read_live

To = Annotated[
    str | None, typer.Option("--to", metavar="PROFILE", help="AWS profile of the other account.")
]
ToEnvironment = Annotated[
    str | None, typer.Option("--to-config-env", help="Environment of the other stack.")
]
ToStack = Annotated[
    str | None, typer.Option("--to-stack", help="Name of the other stack. Default: the same.")
]
ToRegion = Annotated[
    str | None, typer.Option("--to-region", help="Region of the other stack. Default: the same.")
]


@choosing_stack
def promote(
    chosen: StackChoice,
    name: ModelName,
    to: To = None,
    to_config_env: ToEnvironment = None,
    to_stack: ToStack = None,
    to_region: ToRegion = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not follow the deployment.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Deploy the files even if they are live there already.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Drop the live version of model NAME in another account, and follow its deployment.

    The live version has passed its smoke test in the first account. The command downloads its files
    as they were dropped, and drops them in the other stack, where they are tested again. It needs
    s3:GetObjectVersion and s3:ListBucketVersions on the first drop bucket. Exit codes: as for drop.
    """
    announce("Interrupted. Nothing was uploaded.")
    other = _other(chosen, to, to_config_env, to_stack, to_region)
    stack, target = chosen.find(), other.find()
    if stack.machine == target.machine:
        raise UsageError("Both are the same stack.", "Name another one with --to or --to-stack.")
    s3 = stack.session.client("s3")
    live = read_live(s3, stack.artifact_bucket, name)
    if live is None:
        cause = f'No version of "{name}" is live.'
        raise unknown_model(s3, stack.artifact_bucket, name, cause)
    with tempfile.TemporaryDirectory(prefix="modeldrop-promote-") as folder:
        with console.status(f"Downloading version {live.version}"):
            model = download_drop(s3, live, Path(folder))
        prefix = drop_folder(live.source.key).removesuffix(f"{name}/").rstrip("/")
        with rejection_as_json(as_json):
            ready, checked = checked_drop(
                model, name, None, None, None, prefix, stack=target.parameters
            )
        console.print(f"Promoting version {live.version} of {name}")
        deploy(
            other,
            target,
            ready,
            checked,
            follow=not detach,
            force=force,
            yes=yes,
            as_json=as_json,
        )


def _other(
    chosen: StackChoice,
    profile: str | None,
    config_env: str | None,
    stack: str | None,
    region: str | None,
) -> StackChoice:
    """Return the choice of the other stack: what no option names is the same."""
    if not (profile or config_env or stack or region):
        raise UsageError("Name the other stack.", "Use --to PROFILE, or another option --to-….")
    return replace(
        chosen,
        profile=profile or chosen.profile,
        config_env=config_env or chosen.config_env,
        stack=stack or chosen.stack,
        region=region or chosen.region,
    )
