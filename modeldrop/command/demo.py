"""`modeldrop demo`: deploy a real model on this computer."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer
from rich.text import Text

from modeldrop.command.local import OWN_CLOUD_STOPPED, SETTINGS, Home, print_progress
from modeldrop.command.terminal.progress import progress
from modeldrop.command.terminal.result import show
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.dropping.drop import Drop
from modeldrop.errors import UsageError
from modeldrop.executions.endpoint_progress import EndpointWatch
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import announce
from modeldrop.local import cloud, cloud_state, tools
from modeldrop.local.run import run
from modeldrop.local.tools import PROJECT_ROOT, require_checkout

EXAMPLE = "examples.efficientnet_lite0:efficientnet_lite0"
SAMPLE = PROJECT_ROOT / "examples" / "sample"


def demo(
    home: Home = tools.DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Deploy a real model to the local cloud, and show the tested endpoint.

    Exit code 1: the deployment failed.
    """
    require_checkout()
    with tempfile.TemporaryDirectory(prefix="modeldrop-demo-") as folder:
        model = Path(folder) / "model.pt"
        _export(model)
        if cloud_state.find(home) is None:
            announce(OWN_CLOUD_STOPPED)
        else:
            announce("Interrupted. The local cloud keeps running, and the deployment with it.")
        with cloud.running(home, SETTINGS, progress=print_progress) as running:
            console.print(Text("\nDropping cat/model.pt with a picture of a cat", "bold"))
            with progress(EndpointWatch(running.session()).poll) as watch:
                outcome = run(running, Drop("cat", model, sample=SAMPLE), watch)
            if as_json:
                print_json(outcome.notification.content)
            else:
                show(outcome.notification)
    if outcome.notification.content["status"] != "SUCCEEDED":
        raise typer.Exit(ExitCode.FAILED)


def _export(model: Path) -> None:
    print_progress("Exporting EfficientNet-lite0 with its ImageNet weights to TorchScript")
    try:
        from model_packager.exporter import export_factory

        export_factory(EXAMPLE, model)
    except ModuleNotFoundError as error:
        raise UsageError(f"The demo needs the package {error.name}.", "Run: make setup") from error
