"""Imports MiniStack's modules by name, because only MiniStack's Python has them."""

from __future__ import annotations

import importlib
from typing import Any


def emulator_module(name: str) -> Any:
    """Return a module of MiniStack, such as "core.router"."""
    return importlib.import_module(f"ministack.{name}")
