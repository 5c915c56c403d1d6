"""The version of a drop: its time and a digest of its content."""

import hashlib
import re
from datetime import UTC, datetime

VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")

VERSION_LENGTH = len("20260801T151224Z-3f9a1c2b")

_TIME = "%Y%m%dT%H%M%SZ"


def version_of(event_time: datetime, content: str, sequencer: str | None) -> str:
    """Return the version of a drop: the event's time (UTC), then 8 hex digits of a digest.

    Two drops of the same content within a second are two versions; two deliveries of one event are
    one version.

    Args:
        event_time: time of the S3 event, time zone aware.
        content: `content_of` the drop.
        sequencer: the sequencer of the S3 event; None if the event has none.
    """
    digest = hashlib.sha256(f"{content}\n{sequencer or ''}".encode()).hexdigest()[:8]
    return f"{event_time.astimezone(UTC):{_TIME}}-{digest}"


def content_of(etag: str, spec: str) -> str:
    """Return a digest of a drop's content, which is the same whenever it is dropped.

    Args:
        etag: entity tag of the dropped object.
        spec: text of the deploy.yaml next to it, or an empty text.
    """
    return hashlib.sha256(f"{etag}\n{spec}".encode()).hexdigest()[:32]


def version_label(number: int | None) -> str | None:
    """Return the short label of a version, such as v3; None if it has no number."""
    return None if number is None else f"v{number}"


def version_text(version: str, label: str | None) -> str:
    """Return the label and the name of a version, as in v3 (20260801T151224Z-3f9a1c2b)."""
    return version if label is None else f"{label} ({version})"


def drop_order(version: str, sequencer: str | None) -> tuple[str, str, str]:
    """Return a key that sorts the versions of a model by their drops.

    A version's name has the second of the drop. Within a second, S3's sequencer decides: hex digits
    that are compared as text, after the shorter value is padded with zeros on the right (Amazon S3
    user guide, "Event message structure"). S3 defines the order for one key only. For two keys,
    such as model.pt and deploy.yaml, any fixed order will do.
    """
    return version[: len("20260801T151224Z")], (sequencer or "").lower().ljust(64, "0"), version


def is_same_second(version: str, other: str) -> bool:
    """Return whether two versions were dropped within the same second."""
    return drop_order(version, None)[0] == drop_order(other, None)[0]


def was_dropped_before(version: str, moment: datetime) -> bool:
    """Return whether a version was dropped in an earlier second than `moment`."""
    return version < f"{moment.astimezone(UTC):{_TIME}}"


def dropped_at(version: str) -> datetime:
    """Return the time of a version's drop, from its name: a whole second in UTC."""
    return datetime.strptime(version.partition("-")[0], _TIME).replace(tzinfo=UTC)
