"""Shells evaluate the exports to the correct values, whatever characters the values contain."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from modeldrop.local.shell_exports import Shell, script, settings

AWKWARD = {"A": "a b", "B": "it's", "C": '$HOME `id` \\ "', "D": "", "E": "line\nline"}
SHOW = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"


@pytest.mark.parametrize(
    ("shell", "program"),
    [(Shell.SH, "sh"), (Shell.SH, "bash"), (Shell.SH, "zsh"), (Shell.FISH, "fish")],
)
def test_values_arrive_whole(shell: Shell, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    text = script(AWKWARD, ["GONE"], shell)

    done = subprocess.run(
        [program, "-c", f"{text}{SHOW}"],
        env={"PATH": "/usr/bin:/bin", "GONE": "there"},
        capture_output=True,
        text=True,
        check=True,
    )

    seen = json.loads(done.stdout)
    assert {name: seen[name] for name in AWKWARD} == AWKWARD
    assert "GONE" not in seen


def test_fish_is_written_as_fish_reads_it() -> None:
    assert script({"A": "it's \\ $HOME"}, ["GONE"], Shell.FISH) == (
        "set --erase GONE;\nset --global --export A 'it\\'s \\\\ $HOME';\n"
    )


def test_conflicting_variables_are_unset() -> None:
    present = {"AWS_PROFILE": "work", "AWS_ENDPOINT_URL_S3": "https://x", "AWS_PAGER": "less"}

    assert settings({"A": "1"}, present) == ({"A": "1"}, ["AWS_ENDPOINT_URL_S3", "AWS_PROFILE"])


@pytest.mark.parametrize(
    ("present", "no_proxy"),
    [
        ({"http_proxy": "http://p"}, "127.0.0.1,localhost"),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "a.example"}, "a.example,127.0.0.1,localhost"),
    ],
)
def test_proxy_is_not_used_for_the_cloud(present: dict[str, str], no_proxy: str) -> None:
    wanted, _ = settings({}, present)

    assert wanted == {"NO_PROXY": no_proxy, "no_proxy": no_proxy}
