"""Write the screenshots of docs/report.md from the sample pages of the tests.

Run it in the project's folder:

```
PYTHONPATH=functions python -m scripts.write_report_pictures
```
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.browser.chromium import chromium
from tests.report_samples import pages

DOCS = Path(__file__).parent.parent / "docs"
PICTURES = {"report.png": ("succeeded", 960, 1500), "report-index.png": ("index", 1280, 560)}
"""The sample page, and the visible width and height in pixels, for each picture."""


def main() -> None:
    """Write all screenshots."""
    shown = pages()
    with chromium() as browser, TemporaryDirectory() as folder:
        for name, (page, width, height) in PICTURES.items():
            file = Path(folder) / f"{page}.html"
            file.write_text(shown[page])
            window = browser.new_page(viewport={"width": width, "height": height})
            window.goto(file.as_uri())
            window.screenshot(path=DOCS / name)


if __name__ == "__main__":
    main()
