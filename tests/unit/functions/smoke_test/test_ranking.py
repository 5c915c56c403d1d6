import pytest

from smoke_test.ranking import ranking
from workflow.contracts import Ranking


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (b"0.395000:282:tiger cat", Ranking(index=282, label="tiger cat", score=0.395)),
        (b"-1.5:0", Ranking(index=0, label=None, score=-1.5)),
        (b"1.0:7:", Ranking(index=7, label="", score=1.0)),
        (b"1e-05:3:a:b: c", Ranking(index=3, label="a:b: c", score=1e-5)),
        ("2:1:Löwe".encode(), Ranking(index=1, label="Löwe", score=2)),
    ],
)
def test_row_is_score_index_and_perhaps_a_label(row: bytes, wanted: Ranking) -> None:
    assert ranking(row) == wanted
