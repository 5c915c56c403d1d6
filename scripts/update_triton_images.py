"""Write model_packager/sagemaker/triton_images.json from AWS's table of Triton images.

Run:

```
pip download sagemaker-core==2.27.0 --no-deps -d DIR
python scripts/update_triton_images.py DIR/sagemaker_core-2.27.0-py3-none-any.whl
```
"""

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

TABLE = "sagemaker/core/image_uri_config/sagemaker-tritonserver.json"
TARGET = Path(__file__).parent.parent / "model_packager" / "sagemaker" / "triton_images.json"


def images(table: dict[str, Any], source: str) -> dict[str, Any]:
    """Reduce AWS's table to the parts that differ: accounts by Region, and Regions by release.

    Raises:
        ValueError: the table no longer has the format that `model_packager.sagemaker.triton_image`
            requires.
    """
    accounts: dict[str, str] = {}
    releases: dict[str, list[str]] = {}
    for release, image in sorted(table["versions"].items()):
        expected = (f"{release}-py3", "sagemaker-tritonserver")
        if (image["tag_prefix"], image["repository"]) != expected:
            raise ValueError(f"{release}: tag or repository is not {expected}")
        releases[release] = sorted(image["registries"])
        for region, account in image["registries"].items():
            if accounts.setdefault(region, account) != account:
                raise ValueError(f"{release}: another account for {region}")
    return {
        "source": source,
        "accounts": dict(sorted(accounts.items())),
        "releases": releases,
    }


def rendered(content: dict[str, Any]) -> str:
    """Return JSON with a line for each account and each release."""
    releases = ",\n".join(
        f"    {json.dumps(release)}: {json.dumps(regions)}"
        for release, regions in content["releases"].items()
    )
    rest = json.dumps({key: content[key] for key in ("source", "accounts")}, indent=2)
    return f'{rest[:-2]},\n  "releases": {{\n{releases}\n  }}\n}}\n'


def main() -> None:
    """Write the file from the wheel on the command line."""
    wheel = Path(sys.argv[1])
    with zipfile.ZipFile(wheel) as archive:
        table = json.loads(archive.read(TABLE))
    distribution, version = wheel.name.split("-")[:2]
    source = f"{TABLE} of {distribution.replace('_', '-')} {version} (PyPI)"
    TARGET.write_text(rendered(images(table, source)))


if __name__ == "__main__":
    main()
