"""What deploy.yaml says of the smoke test: what is asked, and how near the answers must come."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from model_packager.spec.base import SpecPart, on_or_off
from model_packager.spec.load_profile import LoadProfile
from model_packager.spec.value_types import NotNegative, Number, Positive, Switch, TensorName, Whole


class Picture(SpecPart):
    """From a picture to a tensor [3, crop, crop], FP32: (pixel / 255 - mean) / std.

    The default is what torchvision's ImageNet classifiers were trained with.
    """

    resize: Annotated[Whole, Field(ge=1, le=8192)] = Field(
        256, description="Pixels that the shorter side is resized to."
    )
    crop: Annotated[Whole, Field(ge=1, le=8192)] = Field(
        224, description="Pixels of the square that is cut out of the centre."
    )
    interpolation: Literal["bilinear", "bicubic"] = Field(
        "bilinear", description="How the picture is resized."
    )
    mean: tuple[Number, Number, Number] = Field(
        (0.485, 0.456, 0.406), description="Of red, green and blue, of pixels / 255."
    )
    std: tuple[Positive, Positive, Positive] = Field(
        (0.229, 0.224, 0.225), description="Of red, green and blue, of pixels / 255."
    )

    @model_validator(mode="after")
    def _crop_fits(self) -> Self:
        if self.crop > self.resize:
            raise ValueError(f"crop {self.crop} should be at most resize {self.resize}")
        return self


class Tolerance(SpecPart):
    """How near one output must come; without a value, smoke_test.rtol and atol hold."""

    rtol: NotNegative | None = Field(None, description="Relatively. Default: smoke_test.rtol.")
    atol: NotNegative | None = Field(None, description="Absolutely. Default: smoke_test.atol.")


REQUESTS_FOR_P50 = 5
REQUESTS_FOR_P95 = 21
"""The first is left out, and of fewer than 20 values the 95th percentile is just the largest."""


RequestFormat = Literal["binary", "json"]


class SmokeTest(SpecPart):
    """The requests that a new endpoint has to answer well, and how near its answers must come."""

    request_format: RequestFormat = Field(
        "binary", description="How tensors travel: Triton's binary protocol, or JSON."
    )
    requests: Annotated[Whole, Field(ge=1, le=1000)] = Field(
        5,
        description="How often the same request is sent; with max_p50_ms at least 5 times, with "
        "max_p95_ms at least 21 times.",
    )
    rtol: NotNegative = Field(
        1e-3,
        description="How near floats must come to sample/expected.npy, relatively, as "
        "numpy.allclose has it.",
    )
    atol: NotNegative = Field(
        1e-3,
        description="How near floats must come to sample/expected.npy, absolutely, as "
        "numpy.allclose has it.",
    )
    tolerances: dict[TensorName, Tolerance] = Field(
        default_factory=dict,
        description="rtol and atol of single outputs, by name. Whole numbers and booleans must be "
        "equal, unless their output is named here.",
    )
    deterministic: Switch = Field(
        True, description="The same request gets the same answer. `false` for models that sample."
    )
    batch_consistency: Switch = Field(
        True,
        description="A row gets the same answer alone, beside other rows, and beside other "
        "clients. `false`: only that a larger batch is answered.",
    )
    max_p50_ms: Positive | None = Field(
        None, description="The most that the median latency may be. Default: no limit."
    )
    max_p95_ms: Positive | None = Field(
        None,
        description="The most that the 95th percentile of the latency may be. Default: no limit.",
    )
    load: Annotated[
        LoadProfile | None,
        BeforeValidator(on_or_off, json_schema_input_type=bool | LoadProfile | None),
    ] = Field(
        None,
        description="Ask with more and more clients at a time, and tell how fast the answers come. "
        "`true` stands for its defaults. Default: off.",
    )
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = Field(
        0, description="Of the random data, where there is no sample."
    )
    picture: Picture = Field(Picture(), description="How sample/input.png becomes a tensor.")

    @property
    def requests_sent(self) -> int:
        """As many requests as are asked for, or more where a limit would mean nothing else."""
        for limit, needed in (
            (self.max_p95_ms, REQUESTS_FOR_P95),
            (self.max_p50_ms, REQUESTS_FOR_P50),
        ):
            if limit is not None:
                return max(self.requests, needed)
        return self.requests
