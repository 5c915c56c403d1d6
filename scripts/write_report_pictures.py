"""Write the pictures of docs/report.md: the pages of the tests, as Chromium shows them.

Run it so, from the project's folder:

```
PYTHONPATH=functions python -m scripts.write_report_pictures
```
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.browser.chromium import chromium
from tests.report_samples import pages

DOCS = Path(__file__).parent.parent / "docs"
PICTURES = {"report.png": ("succeeded", 1500), "report-index.png": ("index", 900)}
"""By their file: the page, and how much of its height is shown."""


def main() -> None:
    """Write them."""
    shown = pages()
    with chromium() as browser, TemporaryDirectory() as folder:
        for name, (page, height) in PICTURES.items():
            file = Path(folder) / f"{page}.html"
            file.write_text(shown[page])
            window = browser.new_page(viewport={"width": 960, "height": height})
            window.goto(file.as_uri())
            window.screenshot(path=DOCS / name)


if __name__ == "__main__":
    main()
