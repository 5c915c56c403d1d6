"""Write docs/python.md from the docstrings of the Python API.

`make pages` runs it.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import modeldrop

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent / "docs" / "python.md"

OPENING = """\
# The Python API

`scripts/write_python_page.py` writes this page from the docstrings. `import modeldrop` imports
nothing else; boto3, numpy and torch are imported at first use.

```python
import modeldrop

report = modeldrop.inspect("model.pt")
deployment = modeldrop.drop("model.pt", name="cat", golden=("cat.png", 282))
for state in deployment:
    print(state.name)
deployment.wait()
cat = modeldrop.Endpoint("cat")
cat(image="cat.png")
cat.classify(image="cat.png", top=3)
cat.history()
cat.rollback().wait()
modeldrop.models()
```

Every error has `cause` and `fix`. The stack is that of `samconfig.toml`, as in the commands;
`stack=modeldrop.Stack(local=True)` or `MODELDROP_LOCAL=1` selects the local cloud.
"""


def page() -> str:
    """Return the page as text."""
    parts = [OPENING]
    for name in modeldrop.__all__:
        found = getattr(modeldrop, name)
        parts.append(_section(f"modeldrop.{name}", found))
        parts += _methods(found) if inspect.isclass(found) else ()
    return "\n".join(parts)


def _methods(found: type) -> Iterator[str]:
    for name, member in vars(found).items():
        if name == "__call__" or (inspect.isfunction(member) and not name.startswith("_")):
            written = name.removeprefix("__call__")
            yield _section(f"{found.__name__}{'.' if written else ''}{written}", member, level=3)


def _section(title: str, found: Any, *, level: int = 2) -> str:
    signature = "" if inspect.isclass(found) else str(inspect.signature(found))
    text = inspect.getdoc(found) or ""
    shown = signature.replace("'", "").replace("self, ", "").replace("(self)", "()")
    return f"{'#' * level} {title}\n\n```text\n{title}{shown}\n\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
