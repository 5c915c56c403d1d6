"""Where the command writes: people read stderr, programs read stdout."""

import json
import sys
from typing import Any

from rich.console import Console

people = Console(stderr=True, highlight=False)


def give(document: Any) -> None:
    """Write one JSON document to stdout, for programs."""
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")
