"""Imports torch without the parts that libtorch does not have, which take a third of the time.

`torch._meta_registrations` has shape functions in Python for torch.compile, and `torch.export`
traces Python programs. A TorchScript model can call neither: its operators are C++.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

_ABSENT = ("torch._meta_registrations", "torch.export")


def import_torch() -> Any:
    """Return torch. If it was already imported, it has all parts."""
    if "torch" not in sys.modules:
        sys.modules.update({name: ModuleType(name) for name in _ABSENT})
    import torch

    return torch
