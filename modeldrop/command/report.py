"""`modeldrop report`: show or save deployment reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model_packager.names.report import REPORT_INDEX
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import complete
from modeldrop.command.terminal.output_file import check_output
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.errors import UsageError
from modeldrop.interruption import announce
from modeldrop.live.reports import URL_SECONDS, find_report, save, save_all, signed_url

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@choosing_stack
def report(
    chosen: StackChoice,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="The model's name. Default: the index of all models.",
            autocompletion=complete,
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Version, such as v2. Default: the newest version.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Save to this file; without NAME, to this folder."),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    as_json: Json = False,
) -> None:
    """Print a URL of the newest report of model NAME. The URL is valid for one hour."""
    if version and not name:
        example = ("report", "NAME", "--version", version)
        raise UsageError("--version needs a model, as in:", command=example)
    stack = chosen.find()
    s3, bucket = stack.session.client("s3"), stack.artifact_bucket
    if output is not None:
        announce(f"Interrupted. {output} may be incomplete: repeat the command.")
    key = find_report(s3, bucket, name, version)
    file = _saved(s3, bucket, key, output) if output else None
    url = file.resolve().as_uri() if file else signed_url(stack.session, bucket, key)
    if as_json:
        print_json({"uri": f"s3://{bucket}/{key}", "url": url, "file": str(file) if file else None})
    elif file is None:
        console.print(f"s3://{bucket}/{key}")
        console.print(f"Valid for {URL_SECONDS // 60} minutes, for anyone with the URL:")
        console.print(url)
    if open_it:
        typer.launch(url)


def _saved(s3: S3Client, bucket: str, key: str, output: Path) -> Path:
    """Save the page or all pages, and return the file to open."""
    if key == REPORT_INDEX:
        if output.is_file():
            raise UsageError(f"{output} is a file.", "Name a folder for all reports.")
        number = save_all(s3, bucket, output)
        console.print(f"Saved {number} pages to {output}. Open {REPORT_INDEX} first.")
        return output / REPORT_INDEX
    check_output(output)
    save(s3, bucket, key, output)
    console.print(f"Saved the report to {output}.")
    return output
