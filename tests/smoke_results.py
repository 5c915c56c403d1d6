"""The results of passed smoke tests, with random data and with a picture of a cat."""

from __future__ import annotations

from model_packager.stored import Ranking, SmokeResult

RANDOM = SmokeResult(
    passed=True,
    request_format="binary",
    input="random data, seed 0",
    requests=51,
    first_ms=71.25,
    p50_ms=23.4,
    p95_ms=25.1,
    slowest_ms=27.9,
    request_bytes=602_286,
    response_bytes=4_150,
    output_shapes={"OUTPUT__0": [1, 2]},
    golden="none",
    limits={},
    checks=["names, dtypes, shapes and values of all outputs"],
    top=[],
)
CAT = RANDOM.model_copy(
    update={
        "input": "sample/input.png",
        "limits": {"p50_ms": 50},
        "output_shapes": {"OUTPUT__0": [1, 1000]},
        "golden": "sample/expected.json: class 282 (tiger cat) is in the top 1",
        "checks": [
            "names, dtypes, shapes and values of all outputs",
            "repeated requests get the same output",
            "the golden sample",
            "a row gets the same output alone and in a batch of 8",
            "each of 4 concurrent clients gets its own rows",
            "the median latency is at most 50 ms",
        ],
        "top": [
            Ranking(index=282, label="tiger cat", score=0.395),
            Ranking(index=285, label="Egyptian cat", score=0.355),
            Ranking(index=281, label="tabby", score=0.170),
            Ranking(index=287, label="lynx", score=0.011),
            Ranking(index=292, label="tiger", score=0.004),
        ],
    }
)
