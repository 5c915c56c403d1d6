from __future__ import annotations

import pytest

from modeldrop.local.sagemaker.api.listing import paginate
from modeldrop.local.sagemaker.errors import ApiError

ENTRIES = [{"Name": name} for name in "abc"]


def test_the_token_leads_to_the_next_page() -> None:
    first = paginate(ENTRIES, {"MaxResults": 2}, "Entries", 10)
    assert first == {"Entries": ENTRIES[:2], "NextToken": "2"}
    assert paginate(ENTRIES, {"NextToken": "2"}, "Entries", 10) == {"Entries": ENTRIES[2:]}


@pytest.mark.parametrize("token", ["", "-1", "next", "\N{SUPERSCRIPT TWO}", "9" * 5000])
def test_other_tokens_are_refused(token: str) -> None:
    with pytest.raises(ApiError, match="Invalid pagination token"):
        paginate(ENTRIES, {"NextToken": token}, "Entries", 10)
