"""Drops and names of models for the tests of this folder."""

import string
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

TIME = datetime(2026, 8, 1, 15, 12, 24, tzinfo=UTC)

VERSION = "20260801T151224Z-3f9a1c2b"

PREFIXES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?", fullmatch=True)

ALPHANUMERIC = string.ascii_letters + string.digits

MODELS = st.builds(
    "{}{}".format, st.sampled_from(ALPHANUMERIC), st.text(f"{ALPHANUMERIC}._-", max_size=127)
)

TIMES = st.datetimes(
    datetime(2020, 1, 1),
    datetime(2099, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)

SEQUENCERS = st.none() | st.text("0123456789ABCDEF", min_size=1, max_size=30)
