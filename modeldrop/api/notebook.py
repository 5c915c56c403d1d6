"""Shows an object in a notebook, and shows it again when it has changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def live_display(shown: object) -> Callable[[], None]:
    """Show an object with its `_repr_html_` if this is a notebook.

    Returns:
        A function that shows the object again in the same place. Outside of a notebook, it does
        nothing.
    """
    ipython = sys.modules.get("IPython")  # already imported in a notebook
    shell = ipython.get_ipython() if ipython else None
    if shell is None or type(shell).__name__ == "TerminalInteractiveShell":
        return lambda: None
    from IPython.display import display

    handle = display(shown, display_id=True)  # type: ignore[no-untyped-call]
    return lambda: handle.update(shown)
