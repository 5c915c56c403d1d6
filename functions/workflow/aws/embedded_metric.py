"""Metrics that CloudWatch extracts from the functions' logs: the embedded metric format.

Each metric has one dimension of its own, and `service`, the stack's name, which Powertools adds.
Other fields are metadata for Logs Insights, because CloudWatch bills each combination of
dimensions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aws_lambda_powertools.metrics import MetricUnit, single_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

Unit = MetricUnit


def put(
    name: str,
    unit: MetricUnit,
    value: float,
    dimension: tuple[str, str],
    metadata: Mapping[str, str | None],
) -> None:
    """Write one line to the log, with the metadata that is not None."""
    with single_metric(name=name, unit=unit, value=value) as metric:
        metric.add_dimension(name=dimension[0], value=dimension[1])
        for key, text in metadata.items():
            if text is not None:
                metric.add_metadata(key=key, value=text)


class Ended(Protocol):
    """The notification of an execution that has ended."""

    @property
    def version(self) -> str | None:
        """The model's version."""

    @property
    def execution_arn(self) -> str:
        """The execution's ARN in Step Functions."""

    @property
    def failed_state(self) -> str | None:
        """The name of the state that failed; None after success."""

    @property
    def error(self) -> str | None:
        """The name of the error."""

    @property
    def cause(self) -> str | None:
        """Why it failed."""


def metadata_of(notification: Ended, model: str | None) -> dict[str, str | None]:
    """Return the metadata of an execution's metrics: its model, and how it ended."""
    return {
        "model": model,
        "version": notification.version,
        "execution_arn": notification.execution_arn,
        "failed_state": notification.failed_state,
        "error": notification.error,
        "cause": notification.cause,
    }
