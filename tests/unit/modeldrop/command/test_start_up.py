"""The imports at the start of a command, which determine how long `modeldrop --help` takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import onnx
import pytest

from modeldrop.command.app import COMMANDS
from modeldrop.command.terminal.deferred_command import DeferredCommand
from tests import onnx_models

if TYPE_CHECKING:
    from pathlib import Path

OURS = {"model_client", "model_packager", "modeldrop"}
SLOW = {"boto3", "httpx", "modeldrop.local.cloud", "numpy", "torch", "tritonclient"}
SENDS_REQUESTS = {"numpy", "tritonclient"}
"""The imports of commands that send requests: tensors are numpy arrays, and tritonclient encodes
them."""

EXPECTED = {
    "bench": SENDS_REQUESTS,
    "demo": {"boto3", "modeldrop.local.cloud"},
    "invoke": SENDS_REQUESTS,
    "local": {"boto3", "modeldrop.local.cloud"},
    "tune": {"boto3", "httpx", *SENDS_REQUESTS},
}
"""The slow modules that each command imports; other commands import none."""

NAMES = [name for summaries in COMMANDS.values() for name in summaries]


def imported(statement: str) -> set[str]:
    """Return the modules that a statement imports in a separate process.

    The process is not measured by `make coverage`, because coverage imports modules, too.
    """
    program = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    env = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env
    )
    return set(json.loads(done.stdout))


@pytest.mark.slow
def test_help_and_completion_import_no_command() -> None:
    modules = imported("import modeldrop.command.app")
    assert not modules & {f"modeldrop.command.{name}" for name in NAMES}
    assert not modules & {*SLOW, "pydantic", "yaml", "importlib.metadata"}


@pytest.mark.slow
def test_most_commands_import_no_slow_module() -> None:
    names = [f"modeldrop.command.{name}" for name in NAMES if name not in EXPECTED]
    modules = imported(f"import {', '.join(names)}")
    assert not modules & SLOW
    of_libraries = {each for each in modules if each.partition(".")[0] not in OURS}
    assert len(of_libraries) <= 500


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_other_commands_import_what_they_use(name: str) -> None:
    assert imported(f"import modeldrop.command.{name}") & SLOW == EXPECTED[name]


@pytest.mark.slow
def test_inspection_without_a_sample_needs_no_arrays(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    onnx.save(onnx_models.linear(), model)
    modules = imported(
        f"from modeldrop.dropping.offline_inspection import inspect_file\n"
        f"from pathlib import Path\n"
        f"inspect_file(Path({str(model)!r}), None, 'linear')"
    )
    assert not modules & SLOW


@pytest.mark.slow
def test_prices_do_not_import_the_spec() -> None:
    modules = imported("import modeldrop.stack.prices, modeldrop.stack.parameters")
    assert "model_packager.spec.deploy_spec" not in modules


@pytest.mark.slow
def test_garbage_collector_searches_less_often() -> None:
    """Otherwise the search of imported modules takes a tenth of a command's time."""
    program = "import sys, modeldrop.command.main as command; sys.argv[1:] = ['--version']\n"
    ends = "import atexit, gc; atexit.register(lambda: print(gc.get_threshold()[0]))\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{ends}{program}command.main()"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout.splitlines()[-1]) >= 100_000


@pytest.mark.parametrize(
    ("name", "summary"), [each for several in COMMANDS.values() for each in several.items()]
)
def test_summary_is_the_beginning_of_the_commands_help(name: str, summary: str) -> None:
    text = DeferredCommand(name, summary, "").load().help
    assert " ".join(text.split()).startswith(summary.removesuffix("."))
