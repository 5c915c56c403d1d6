"""The price of models that nobody calls, by hosting mode, at AWS's list price of an instance.

The number of instances is what the pipeline sets for these lines of deploy.yaml. Storage in S3, and
the staging endpoint of an update, are not included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.prices import INSTANCE_HOUR_USD, INSTANCE_TYPE, PRICE_LIST
from model_packager.sagemaker.hosting_resolution import StackDefaults, resolve_hosting
from model_packager.sagemaker.price import HOURS_A_MONTH, idle_instances
from model_packager.sagemaker.stack_options import StackOptions
from model_packager.spec.deploy_spec import parse_deploy_spec

MODELS = (10, 100)
AWAKE_SHARE = 5 * 12 / (7 * 24)
"""The share of a week that a model is awake: twelve hours on five days."""

STACK = StackDefaults(
    region="us-east-1",
    triton_release="24.09",
    instance_count=1,
    artifact_bucket="artifacts",
    inference_topic_arn="arn:aws:sns:us-east-1:000000000000:inference",
    options=StackOptions(allow_network_access=True),
)


@dataclass(frozen=True)
class Mode:
    """A hosting mode.

    Attributes:
        name: the name of the row.
        hosting: the lines of deploy.yaml.
        share: the share of the time that the endpoint exists.
        together: whether all models share one endpoint, which needs memory for all of them.
    """

    name: str
    hosting: str
    share: float = 1.0
    together: bool = False

    def instances(self, models: int) -> int:
        """Return the number of instances of all endpoints without requests."""
        spec = parse_deploy_spec(f"hosting: {self.hosting}", origin="deploy.yaml")
        hosting, _notes = resolve_hosting("model", spec, INSTANCE_TYPE, STACK)
        return idle_instances(hosting, spec.hosting, None) * (1 if self.together else models)


MODES = (
    Mode("real_time", "{mode: real_time}"),
    Mode("real_time, asleep at night", "{mode: real_time}", AWAKE_SHARE),
    Mode("pool", "{mode: pool, pool: all}", together=True),
    Mode("async, min_instances: 0", "{mode: async, min_instances: 0}"),
    Mode("serverless", "{mode: serverless}"),
)


def measure() -> list[dict[str, Any]]:
    """Return one row for each mode and number of models."""
    hours = INSTANCE_HOUR_USD * HOURS_A_MONTH
    return [
        {
            "models": models,
            "mode": mode.name,
            "idle instances": mode.instances(models),
            "share of the hours": round(mode.share, 2),
            "USD a month": round(mode.instances(models) * mode.share * hours),
            "price list": f"{INSTANCE_HOUR_USD} USD an hour, {PRICE_LIST}",
        }
        for models in MODELS
        for mode in MODES
    ]
