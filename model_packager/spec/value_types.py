"""Types of single values in deploy.yaml: numbers, shapes and names."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from model_packager import aws_limits as limits


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("should be a number")  # pydantic reads true as 1
    return value


def _dimension(size: int) -> int:
    if size == 0 or size < -1:
        raise ValueError("should be a positive number, or -1 for a variable size")
    return size


MAX_NAME_LENGTH = 1024
"""The maximum number of characters in the name of an input or output."""

INSTANCE_TYPE = r"ml\.[a-z0-9-]+\.[a-z0-9]+"
ENVIRONMENT_NAME = re.compile(rf"^[A-Za-z_][A-Za-z0-9_]{{0,{limits.ENVIRONMENT_NAME.value - 1}}}$")
"""SageMaker's rule for names (CreateModel API reference, Environment)."""


def _instance_type(name: str) -> str:
    if not re.fullmatch(INSTANCE_TYPE, name):
        raise ValueError("should be a SageMaker instance type, such as ml.g4dn.xlarge")
    return name


def _environment_name(name: str) -> str:
    if not ENVIRONMENT_NAME.fullmatch(name):
        raise ValueError(
            "should have only letters, digits and underscores, and begin with no digit"
        )
    return name


def _pattern(pattern: str) -> Any:
    """Return the schema's pattern for editors; people see the validator's message."""
    return Field(json_schema_extra={"pattern": f"^{pattern}$"})


Whole = Annotated[int, Field(strict=True)]
"""Rejects "8", 8.0 and true."""

Switch = Annotated[bool, Field(strict=True)]
"""Rejects "true" and 1."""

Number = Annotated[float, BeforeValidator(_no_boolean), Field(allow_inf_nan=False)]
"""Accepts "1e-3", which YAML 1.1 reads as text because it has no dot."""

# Pydantic omits a limit after a validator from the schema.
NotNegative = Annotated[Number, Field(ge=0, json_schema_extra={"minimum": 0})]
Positive = Annotated[Number, Field(gt=0, json_schema_extra={"exclusiveMinimum": 0})]

Timeout = Annotated[Whole, Field(ge=limits.STARTUP_SECONDS.least, le=limits.STARTUP_SECONDS.value)]
"""Seconds within SageMaker's limits, which are the same for the download and the start."""

Dims = Annotated[
    tuple[
        Annotated[
            Whole,
            AfterValidator(_dimension),
            Field(le=2**31 - 1, json_schema_extra={"minimum": -1, "not": {"const": 0}}),
        ],
        ...,
    ],
    Field(min_length=1, max_length=16),
]
TensorName = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH)]
InstanceType = Annotated[str, AfterValidator(_instance_type), _pattern(INSTANCE_TYPE)]
EnvironmentName = Annotated[str, AfterValidator(_environment_name)]
