"""Chooses one of AWS's Triton images.

triton_images.json is AWS's own table; scripts/update_triton_images.py writes it. GPU images are
tagged <release>-py3, CPU images <release>-py3-cpu (sagemaker-core, image_uris.py).
"""

import difflib
import json
import re
from functools import cache
from importlib import resources
from typing import TypedDict, cast

from model_packager.rejection import SpecRejected

REPOSITORY = "sagemaker-tritonserver"
_PY3, _CPU = "-py3", "-cpu"
_INSTANCE_TYPE = re.compile(r"ml\.([a-z0-9-]+)\.[a-z0-9]+")


class _Table(TypedDict):
    accounts: dict[str, str]
    releases: dict[str, list[str]]


@cache
def _table() -> _Table:
    text = resources.files("model_packager.sagemaker").joinpath("triton_images.json").read_text()
    return cast(_Table, json.loads(text))


def newest_release(region: str | None = None) -> str:
    """Return the newest release; with a Region, the newest in that Region.

    Raises:
        SpecRejected: AWS has no Triton image in the Region.
    """
    releases = [
        release
        for release, regions in _table()["releases"].items()
        if region is None or region in regions
    ]
    if not releases:
        raise _unknown_region(str(region))
    return max(releases)  # the year's last two digits, then the month


def registry_account(region: str) -> str:
    """Return the account of AWS's registry of Triton images in a Region.

    Raises:
        SpecRejected: AWS has no Triton image in the Region.
    """
    if region not in _table()["accounts"]:
        raise _unknown_region(region)
    return _table()["accounts"][region]


def image_uri(region: str, release: str, gpu: bool) -> str:
    """Return the URI of a Triton image in AWS's registry of a Region.

    Args:
        region: the AWS Region, such as "us-east-1".
        release: the Triton release, such as "26.05".
        gpu: whether the image is for instances with GPUs.

    Raises:
        SpecRejected: there is no such image. The fix has the nearest release.
    """
    table, account = _table(), registry_account(region)
    if release not in table["releases"]:
        raise SpecRejected(
            f"AWS has no image of Triton release {release!r}; it has "
            f"{', '.join(sorted(table['releases']))}.",
            f"Deploy the stack with the release {_nearest(release, region)}.",
        )
    if region not in table["releases"][release]:
        raise SpecRejected(
            f"AWS has no image of Triton release {release} in {region}.",
            f"Deploy the stack with the release {_nearest(release, region)}, which exists there.",
        )
    tag = image_for(f"{release}{_PY3}", gpu=gpu)
    registry = f"{account}.dkr.ecr.{region}.{_domain(region)}"
    return f"{registry}/{REPOSITORY}:{tag}"


def release_of(image: str) -> str:
    """Return the Triton release in the tag of an image's URI."""
    return image.rpartition(":")[2].removesuffix(_CPU).removesuffix(_PY3)


def image_for(image: str, *, gpu: bool) -> str:
    """Return the URI of the same release's image for instances with or without GPUs."""
    return image.removesuffix(_CPU) + ("" if gpu else _CPU)


def is_gpu_instance(instance_type: str) -> bool:
    """Return whether a type has GPUs, like the families g… and p….

    Raises:
        SpecRejected: it is not a SageMaker instance type.
    """
    match = _INSTANCE_TYPE.fullmatch(instance_type)
    if match is None:
        raise SpecRejected(
            f"{instance_type!r} is not a SageMaker instance type.",
            "Write it as ml.<family>.<size>, such as ml.g4dn.xlarge.",
        )
    return re.match(r"[gp]\d", match[1]) is not None


def _domain(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _nearest(release: str, region: str) -> str:
    """Return the next older release in a Region, or the oldest one."""
    there = sorted(name for name, regions in _table()["releases"].items() if region in regions)
    older = [name for name in there if name < release]
    return older[-1] if older else there[0]


def _unknown_region(region: str) -> SpecRejected:
    regions = sorted(_table()["accounts"])
    near = difflib.get_close_matches(region, regions, n=1, cutoff=0.0)
    return SpecRejected(
        f"AWS has no Triton image in the Region {region!r}; it has one in {', '.join(regions)}.",
        f"Deploy the stack in one of these Regions, such as {near[0]}.",
    )
