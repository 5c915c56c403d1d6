"""Write docs/python.md from the docstrings of the Python API.

`make pages` runs it.
"""

from __future__ import annotations

import inspect
import re
from enum import Enum
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
    text = inspect.getdoc(found) or ""
    shown = "" if inspect.isclass(found) else _signature(inspect.signature(found))
    return f"{'#' * level} {title}\n\n```text\n{title}{shown}\n\n{text}\n```\n"


def _signature(signature: inspect.Signature) -> str:
    """Return the signature without `self`, and with a member of an enum as its value."""
    shown = [
        each.replace(default=each.default.value) if isinstance(each.default, Enum) else each
        for each in signature.parameters.values()
        if each.name != "self"
    ]
    text = str(signature.replace(parameters=shown))
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
