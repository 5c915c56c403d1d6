from __future__ import annotations

import os
import time
from pathlib import Path

from modeldrop.local.sagemaker.metrics.instance_metrics import Usage, usage

TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def write_stat(proc: Path, pid: int, group: int, ticks: int, pages: int) -> None:
    """Write a stat file with the relevant fields (man page proc_pid_stat)."""
    fields = ["S", "1", str(group), *["0"] * 8, str(ticks), "0", *["0"] * 8, str(pages), "0"]
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "stat").write_text(f"{pid} (a (strange) name) {' '.join(fields)}\n")


def test_processes_of_a_group_are_added(tmp_path: Path) -> None:
    write_stat(tmp_path, 7, group=7, ticks=3 * TICKS, pages=10)
    write_stat(tmp_path, 8, group=7, ticks=TICKS, pages=5)
    write_stat(tmp_path, 9, group=9, ticks=100 * TICKS, pages=1000)
    assert usage(7, tmp_path) == Usage(cpu_seconds=4.0, resident_bytes=15 * PAGE)


def test_a_command_that_is_cut_in_a_character_is_no_error(tmp_path: Path) -> None:
    write_stat(tmp_path, 7, group=7, ticks=TICKS, pages=10)
    stat = tmp_path / "7" / "stat"
    stat.write_bytes(stat.read_bytes().replace(b"strange", "ä".encode()[:1]))
    assert usage(7, tmp_path) == Usage(cpu_seconds=1.0, resident_bytes=10 * PAGE)


def test_ended_group_uses_nothing(tmp_path: Path) -> None:
    assert usage(7, tmp_path) == Usage(0.0, 0)


def test_own_process_uses_cpu_and_memory() -> None:
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    used = usage(os.getpgrp())
    assert used.cpu_seconds > 0
    assert used.resident_bytes > 1_000_000
