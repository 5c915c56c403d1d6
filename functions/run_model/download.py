"""Downloads the model by its presigned URLs: this function has no permission to read the bucket."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from workflow.contracts.deploy_model import CpuTestFile

SECONDS = 60
"""The time limit for all files together."""

_WAIT_SECONDS = 10
_CHUNK_BYTES = 1024 * 1024


class NotDownloaded(Exception):
    """A file cannot be downloaded. The message omits the URL, which is a secret."""


class _NoRedirect(HTTPRedirectHandler):
    """Refuses redirects: the signature of the URL is valid for one host only."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = build_opener(ProxyHandler({}), _NoRedirect)


def download(files: Iterable[CpuTestFile], folder: Path, seconds: float = SECONDS) -> None:
    """Download each file to its path below the folder.

    Raises:
        NotDownloaded: S3 refuses one, it has another size, or the time is up.
    """
    end = time.monotonic() + seconds
    for file in files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _download(file, path, end)
        except HTTPError as error:
            raise NotDownloaded(f"S3 returned {error.code} for {file.name:.120}") from None
        except (URLError, TimeoutError, ConnectionError) as error:
            raise NotDownloaded(f"{file.name:.120}: {type(error).__name__}") from None


def _download(file: CpuTestFile, path: Path, end: float) -> None:
    if not file.url.startswith(("https://", "http://")):
        raise NotDownloaded(f"{file.name:.120} has no URL of S3")
    request = Request(file.url, headers={"If-Match": f'"{file.etag}"'})  # noqa: S310 - checked
    left = file.size
    with _OPENER.open(request, timeout=_WAIT_SECONDS) as answer, path.open("xb") as written:
        while chunk := answer.read(_CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                break
            if time.monotonic() > end:
                raise NotDownloaded(f"the time for the download of {file.name:.120} is up")
            written.write(chunk)
    if left:
        raise NotDownloaded(f"{file.name:.120} does not have its {file.size:,} bytes")
