"""The schedules for sleeping and waking, which each version that goes live sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.executions.inputs import SCHEDULED_TIME, sleep_input, wake_input
from model_packager.spec.schedule import scheduler_expression
from workflow.aws.schedules import put_schedule, remove_schedules
from workflow.contracts.retire_model import RetirementReason

if TYPE_CHECKING:
    from workflow.contracts.deploy_model import ScaleEndpointInput
    from workflow.settings import ScaleEndpointSettings


def update_schedules(event: ScaleEndpointInput, settings: ScaleEndpointSettings) -> None:
    """Put the schedules of the version, or remove those of an earlier one. Idempotent."""
    deployment, schedule = event.deployment, event.schedule
    if schedule is None:
        remove_schedules(deployment.endpoint)
        return
    sleep = sleep_input(deployment.model, RetirementReason.SCHEDULE, SCHEDULED_TIME)
    wake = wake_input(event.source, deployment.version, SCHEDULED_TIME)
    for kind, cron, machine_arn, content in (
        ("sleep", schedule.sleep, settings.retire_model_arn, sleep),
        ("wake", schedule.wake, settings.deploy_model_arn, wake),
    ):
        put_schedule(
            deployment.endpoint,
            kind,
            scheduler_expression(cron),
            schedule.timezone,
            machine_arn,
            settings.schedule_role_arn,
            content,
        )
