"""The smoke-test part of deploy.yaml: requests, tolerances and limits."""

import math
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.latency_statistics import REQUESTS_FOR_PERCENTILES
from model_packager.signature import MAX_TENSORS
from model_packager.spec.base import SpecPart, on_or_off
from model_packager.spec.load_profile import LoadProfile
from model_packager.spec.value_types import NotNegative, Number, Positive, Switch, TensorName, Whole

MAX_CROP = math.isqrt(INVOCATION_BYTES.value // (3 * 4))
"""A larger FP32 tensor does not fit into a request."""

MAX_RESIZE = 2048
"""A picture of this height, twice as wide, takes 25 MB of the smoke test's 1 GB of memory."""


class Picture(SpecPart):
    """Preprocessing of a picture to an FP32 tensor [3, crop, crop]: (pixel / 255 - mean) / std.

    The defaults are those of torchvision's ImageNet classifiers.
    """

    resize: Annotated[Whole, Field(ge=1, le=MAX_RESIZE)] = Field(
        256, description="Length of the shorter side after resizing, in pixels."
    )
    crop: Annotated[Whole, Field(ge=1, le=MAX_CROP)] = Field(
        224, description="Side of the center crop, in pixels."
    )
    interpolation: Literal["bilinear", "bicubic"] = Field(
        "bilinear", description="Interpolation for resizing."
    )
    mean: tuple[Number, Number, Number] = Field(
        (0.485, 0.456, 0.406), description="Mean of red, green and blue, of pixels / 255."
    )
    std: tuple[Positive, Positive, Positive] = Field(
        (0.229, 0.224, 0.225),
        description="Standard deviation of red, green and blue, of pixels / 255.",
    )

    @model_validator(mode="after")
    def _crop_fits(self) -> Self:
        if self.crop > self.resize:
            raise ValueError(f"crop {self.crop} should be at most resize {self.resize}")
        return self


class Tolerance(SpecPart):
    """Tolerance of one output. Without a value, smoke_test.rtol and atol apply."""

    rtol: NotNegative | None = Field(
        None, description="Relative tolerance. Default: smoke_test.rtol."
    )
    atol: NotNegative | None = Field(
        None, description="Absolute tolerance. Default: smoke_test.atol."
    )


FEWEST_REQUESTS = 5
"""The default for a slow model: a limit needs at least a warm-up and four latencies."""

PERCENTILE_REQUESTS = REQUESTS_FOR_PERCENTILES + 1
"""The first request is a warm-up, and does not count."""

MEASURING_SECONDS = 30
"""The time limit for sending the default number of requests."""


RequestFormat = Literal["binary", "json"]


class SmokeTest(SpecPart):
    """The requests that a new endpoint must pass, with tolerances and limits."""

    request_format: RequestFormat = Field(
        "binary", description="Format of requests and responses: Triton's binary protocol, or JSON."
    )
    requests: Annotated[Whole, Field(ge=1, le=1000)] | None = Field(
        None,
        description=f"Number of requests; at least {FEWEST_REQUESTS} with max_p50_ms, and "
        f"{PERCENTILE_REQUESTS} with max_p95_ms. Reports have percentiles if there are "
        f"{PERCENTILE_REQUESTS} or more. Default: {PERCENTILE_REQUESTS}, or as many as fit into "
        f"{MEASURING_SECONDS} s, but at least {FEWEST_REQUESTS}.",
    )
    rtol: NotNegative = Field(
        1e-3,
        description="Relative tolerance for floats in sample/expected.npy, as in numpy.allclose.",
    )
    atol: NotNegative = Field(
        1e-3,
        description="Absolute tolerance for floats in sample/expected.npy, as in numpy.allclose.",
    )
    tolerances: Annotated[dict[TensorName, Tolerance], Field(max_length=MAX_TENSORS)] = Field(
        default_factory=dict,
        description="rtol and atol of single outputs, by name. Integers and booleans must be "
        "equal, unless their output is named here.",
    )
    deterministic: Switch = Field(
        True, description="Equal requests must get equal responses. `false` for models that sample."
    )
    batch_consistency: Switch = Field(
        True,
        description="A row must get the same response alone, in a batch, and with concurrent "
        "clients. `false`: a larger batch must only succeed.",
    )
    max_p50_ms: Positive | None = Field(
        None, description="Limit for the median latency. Default: no limit."
    )
    max_p95_ms: Positive | None = Field(
        None,
        description="Limit for the 95th percentile of the latency. Default: no limit.",
    )
    load: Annotated[
        LoadProfile | None,
        BeforeValidator(on_or_off, json_schema_input_type=bool | LoadProfile | None),
    ] = Field(
        None,
        description="Load test with rising concurrency. `true` selects its defaults. Default: off.",
    )
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = Field(
        0, description="Seed for random data, if there is no sample."
    )
    picture: Picture = Field(Picture(), description="Preprocessing of sample/input.png.")

    @property
    def fewest_requests(self) -> int:
        """The minimum number of requests, however long they take."""
        requests = self.requests or FEWEST_REQUESTS
        if self.max_p95_ms is not None:
            return max(requests, PERCENTILE_REQUESTS)
        return requests if self.max_p50_ms is None else max(requests, FEWEST_REQUESTS)

    @property
    def max_requests(self) -> int:
        """The maximum number of requests, if they are fast."""
        return max(self.requests or PERCENTILE_REQUESTS, self.fewest_requests)
