"""Plans the effect of a drop on the pool that it names. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.sagemaker.pool.fit import PooledModel, check_pool_fit
from model_packager.sagemaker.pool.hosting import contradicts, differences, pool_hosting

if TYPE_CHECKING:
    from model_packager.inspection import Inspection
    from model_packager.sagemaker.hosting import Hosting
    from model_packager.sagemaker.hosting_resolution import StackDefaults
    from model_packager.spec.deploy_spec import DeploySpec
    from modeldrop.dropping.running_pool import RunningPool

_SHOWN_MODELS = 10


@dataclass(frozen=True)
class PoolPlan:
    """The pool before and after a drop.

    Attributes:
        pool: the name of the pool.
        exists: whether the pool exists; None if unknown, because the plan was made offline.
        models: the models that are live in the pool.
        before: the pool's instances and Triton release; None if it does not exist or is unknown.
        after: the same after the drop; None if the drop does not change them or they are unknown.
        contradicted_by: live models whose deploy.yaml sets other instances.
        text: the plan as text for people.
    """

    pool: str
    exists: bool | None
    models: tuple[str, ...] = ()
    before: str | None = None
    after: str | None = None
    contradicted_by: tuple[str, ...] = ()
    text: str = ""


def plan_offline(pool: str, spec: DeploySpec) -> PoolPlan:
    """Describe the effect of the drop if the pool exists."""
    keys = [
        f"endpoint.{key}"
        for key in ("instance_type", "instance_count")
        if getattr(spec.endpoint, key) is not None
    ]
    change = (
        f"If {pool} exists with another {' or '.join(keys)}, this drop changes the pool. "
        f"{_change_text(spec)}"
        if keys
        else f"If {pool} exists, it keeps its instances."
    )
    text = (
        f"{change} The first drop after a change of the stack's TritonRelease changes it, too. "
        "To compare the drop with the pool, add --live."
    )
    return PoolPlan(pool, exists=None, text=text)


def plan_for(
    running: RunningPool, model: str, inspection: Inspection, stack: StackDefaults, size: int
) -> tuple[PoolPlan, Hosting]:
    """Compare an inspected drop with the pool.

    Args:
        running: the pool.
        model: the name of the dropped model.
        inspection: the inspection of its file.
        stack: the stack's defaults.
        size: the size of the model file in bytes; its archive is at least as large.

    Returns:
        The plan, and the hosting with the instances of the pool.

    Raises:
        SpecRejected: the pool is full, or keeps instances that the stack no longer allows.
    """
    pool, endpoint = running.pool, running.endpoint
    spec, (requested, _) = inspection.spec, inspection.hosting(stack)
    new = PooledModel.of(spec, size)
    if endpoint is None:
        check_pool_fit(pool, (), new, requested.instance_type)
        text = f"{pool} does not exist: this drop creates it."
        return PoolPlan(pool, exists=False, text=text), requested
    hosting = pool_hosting(
        requested,
        spec,
        endpoint,
        stack.options,
        region=stack.region,
        release=stack.triton_release,
    )
    check_pool_fit(pool, running.pooled(), new, hosting.instance_type)
    names = tuple(each.deployment.model for each in running.records)
    runs = f"{pool} runs {endpoint.text} for {_listed(names)}."
    changed = differences(endpoint, hosting)
    if changed is None:
        text = f"{runs} This drop starts no instance."
        return PoolPlan(pool, True, names, endpoint.text, text=text), hosting
    before, after = changed
    others = tuple(
        each.deployment.model
        for each in running.records
        if each.deployment.model != model and contradicts(each.servable.spec.endpoint, hosting)
    )
    text = f"{runs} This drop changes it to {after}. {_change_text(spec)}{_contradiction(others)}"
    return PoolPlan(pool, True, names, before, after, others, text), hosting


def _change_text(spec: DeploySpec) -> str:
    staging = (
        "First, all its live models are tested on a staging endpoint with one instance. "
        if spec.rollout.staging
        else ""
    )
    return (
        f"{staging}SageMaker starts the new instances, and moves the traffic from the old ones. "
        "All models are then tested on them. If a test fails, the pool gets its old instances back."
    )


def _listed(names: tuple[str, ...]) -> str:
    if not names:
        return "no live model"
    more = len(names) - _SHOWN_MODELS
    return ", ".join(names[:_SHOWN_MODELS]) + (f" and {more} more" if more > 0 else "")


def _contradiction(others: tuple[str, ...]) -> str:
    if not others:
        return ""
    return f" deploy.yaml of {_listed(others)} sets other instances; the last drop decides."
