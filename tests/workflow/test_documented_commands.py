"""Runs every `modeldrop` command in the documentation on a live model.

Most of them are for a stack on AWS; here they get `--local`. The tests skip the blocks that
test_transcripts.py runs, and the commands in UNSUPPORTED.
"""

from __future__ import annotations

import json
import re
import subprocess
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from tests.documentation import shown_commands
from tests.workflow.command import COMMAND, modeldrop
from tests.workflow.models import save, traced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.workflow.drops import Cloud

OFFLINE = ("inspect", "init", "plan", "package")
UNSUPPORTED = {
    "demo": "make demo is that",
    "export": "tests/unit/model_packager/exporter; here it would fetch weights",
    "local": "tests/embedded_cloud/test_local_command.py, with clouds of its own",
    "promote": "needs a second stack: tests/unit/modeldrop/command/test_promote.py",
    "prices": "needs the AWS Price List: tests/unit/modeldrop/command/test_prices.py",
    "tune": "tests/workflow/test_tune.py; here it would take minutes",
    "--follow": "never ends: tests/unit/modeldrop/executions/test_log_lines.py follows a log",
    "--config-env": "needs accounts: tests/unit/modeldrop/stack/test_samconfig.py",
    "--profile": "needs an account: tests/unit/modeldrop/command/terminal/test_deployed_stack.py",
}
AT_THE_END = ("rollback", "sleep", "wake", "orphans", "delete")
SHORTER = {"--seconds": "0.1", "--concurrency": "1,2", "--repeat": "2"}


class Gray(torch.nn.Module):
    """FP32 [N, 3, 224, 224] to FP32 [N, 3]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(dim=(2, 3))


COMMANDS = sorted(
    {
        each.words[1:]
        for each in shown_commands()
        if each.words[0] == "modeldrop" and not each.run_by and not UNSUPPORTED.keys() & each.words
    }
)


@pytest.fixture(scope="module")
def folder(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a reader, with pictures, and a model with two versions to roll back to."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "resnet").mkdir()
    for name in ("resnet/model.pt", "resnet.pt", "resnet18.pt"):
        save(traced(Gray(), torch.zeros(1, 3, 224, 224)), folder / name)
    picture = Image.effect_noise((64, 64), 90).convert("RGB")
    for name in ("cat.jpg", "cat.png", "FILE.png"):
        picture.save(folder / name)
    (folder / "pictures").mkdir()
    picture.save(folder / "pictures" / "cat.png")
    np.save(folder / "batch.npy", np.ones((2, 3, 224, 224), np.float32))
    for words in [each for each in COMMANDS if each[0] == "drop"]:
        run(cloud, words, folder)
    for _version in range(2):
        run(cloud, ("drop", "resnet/model.pt", "--force"), folder)
    yield folder
    cloud.stop_serving()


@pytest.mark.parametrize(
    "words", [each for each in COMMANDS if each[0] not in ("drop", *AT_THE_END)], ids=" ".join
)
def test_command_that_removes_nothing(cloud: Cloud, folder: Path, words: tuple[str, ...]) -> None:
    run(cloud, words, folder)


def test_commands_that_remove_resources(cloud: Cloud, folder: Path) -> None:
    last = {first: [each for each in COMMANDS if each[0] == first] for first in AT_THE_END}
    assert all(last.values())
    nights = chain.from_iterable(zip(last["sleep"], last["wake"], strict=True))
    for words in (*last["rollback"], *nights, *last["orphans"], *last["delete"]):
        run(cloud, words, folder)
    assert cloud.left_of("resnet") == []


def run(cloud: Cloud, words: Sequence[str], folder: Path) -> None:
    """Run a command as a reader would."""
    own = adapted(cloud, words)
    done = subprocess.run(
        [str(COMMAND), *own],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "BROWSER": "true"},
        input="y\n" * 3,
        capture_output=True,
        text=True,
        check=False,
    )
    # Other tests leave some in the shared cloud.
    may_find = {0, 1} if words[0] == "orphans" else {0}
    assert done.returncode in may_find, f"{words} as {own}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    if "--json" in words:
        json.loads(done.stdout)
    if "--no-wait" in words:
        assert modeldrop(cloud, "watch", "resnet").code == 0


def adapted(cloud: Cloud, words: Sequence[str]) -> list[str]:
    """Replace the page's examples by existing names, and measure for a shorter time."""
    own = ["resnet" if word == "cat" else word.replace("FILE", "FILE.png") for word in words]
    for at, word in enumerate(own):
        if re.match(r"\d{8}T|v\d+$", word):
            own[at] = other_version(cloud) if own[0] == "rollback" else live_version(cloud)
        elif at and own[at - 1] in SHORTER:
            own[at] = SHORTER[own[at - 1]]
    if own[0] == "bench" and "--seconds" not in own:
        own += ["--seconds", SHORTER["--seconds"]]  # by default it takes 20 s
    if own[0] == "diff":
        own[2:4] = other_version(cloud), live_version(cloud)
    if own[0] in OFFLINE or "--local" in own:
        return own + (["--home", str(cloud.embedded.home)] if "--local" in own else [])
    return [*own, "--local", "--home", str(cloud.embedded.home)]


def live_version(cloud: Cloud) -> str:
    return str(status(cloud)["live"])


def other_version(cloud: Cloud) -> str:
    """Return the newest version that is not live."""
    versions = modeldrop(cloud, "history", "resnet", "--json").document["versions"]
    return next(str(each["version"]) for each in versions if each["version"] != live_version(cloud))


def status(cloud: Cloud) -> dict[str, object]:
    [found] = modeldrop(cloud, "status", "resnet", "--json").document["models"]
    return dict(found)
