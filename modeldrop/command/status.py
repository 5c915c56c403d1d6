"""`modeldrop status`: list the models of a stack."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from model_packager.names.version import VERSION_LENGTH
from model_packager.sagemaker.price import Price
from modeldrop.command.terminal.age import age
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import complete
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.exit_code import ExitCode
from modeldrop.live.model_status import read_status
from modeldrop.model_names import check_name, unknown_model
from modeldrop.stack.prices import known_prices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_packager.sagemaker.price import InstancePrice
    from modeldrop.live.model_status import ModelStatus

IN_SERVICE = "InService"
SCALING = (IN_SERVICE, "Updating")
"""The statuses of a working asynchronous endpoint, which is Updating while it scales."""

HEALTHY = ("SUCCEEDED", "DUPLICATE", "SUPERSEDED")


@choosing_stack
def status(
    chosen: StackChoice,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="The model's name. Default: all models.", autocompletion=complete
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List models: live version, age, instances, last result, and requests in the last hour.

    CloudWatch counts requests and errors with a delay of one or two minutes, and those of a pool
    together. With NAME, exit code 1: the endpoint is not InService, and the model is not asleep; 2:
    there is no such model.
    """
    if name is not None:
        check_name(name)
    stack = chosen.find()
    with console.status("Reading the status"):
        models = read_status(
            stack.session,
            prefix=stack.prefix,
            artifact_bucket=stack.artifact_bucket,
            machine_arn=stack.machine,
        )
    if name is not None:
        models = [each for each in models if each.model == name]
        if not models:
            s3, cause = stack.session.client("s3"), f'No model named "{name}".'
            raise unknown_model(s3, stack.artifact_bucket, name, cause)
    if as_json:
        prices = known_prices(stack.parameters)
        print_json({"models": [document(each) | _price(each, prices) for each in models]})
    else:
        _show(models, datetime.now(UTC), chosen)
        _show_cost(models, known_prices(stack.parameters))
    if name is not None and not (_serves(models[0]) or models[0].asleep_since):
        raise typer.Exit(ExitCode.FAILED)


def _serves(model: ModelStatus) -> bool:
    """Return whether clients get responses, perhaps after an asynchronous endpoint starts."""
    return model.endpoint_status == IN_SERVICE or (
        model.activity is not None and model.endpoint_status in SCALING
    )


_RENAMED = {"last", "requests", "client_errors", "server_errors"}


def document(model: ModelStatus) -> dict[str, Any]:
    """Return the status as JSON data."""
    last = model.last
    return {
        **{key: value for key, value in asdict(model).items() if key not in _RENAMED},
        "live_since": model.live_since.isoformat() if model.live_since else None,
        "asleep_since": model.asleep_since.isoformat() if model.asleep_since else None,
        "requests_last_hour": model.requests,
        "client_errors_last_hour": model.client_errors,
        "server_errors_last_hour": model.server_errors,
        "last_result": model.last_result,
        "last_execution": last
        and {
            "arn": last.arn,
            "started": last.started.isoformat(),
            "ended": last.ended.isoformat() if last.ended else None,
            "error": last.error,
            "cause": last.cause,
        },
    }


def _show(models: Sequence[ModelStatus], now: datetime, chosen: StackChoice) -> None:
    if not models:
        console.print(f"No models yet. Deploy one with: {chosen.command('drop', 'FILE')}")
        return
    table = Table(
        Column("model, live version", overflow="fold", min_width=VERSION_LENGTH),
        "endpoint",
        Column("age", no_wrap=True),
        Column("last result", no_wrap=True),
        Column("requests/h", justify="right", no_wrap=True),
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
    )
    for each in models:
        table.add_row(
            Text.assemble((each.model, "bold"), f" {each.live_label or ''}\n{each.live or '-'}"),
            f"{_endpoint(each)}\n{_instances(each)}",
            age(now - each.live_since) if each.live_since else "-",
            each.last_result or "-",
            f"{each.requests:,}",
        )
    console.print(table)
    console.print("age: of the live version; requests/h: requests in the last hour")
    _show_pools(models)
    for each in models:
        _show_problems(each, chosen)


def _show_pools(models: Sequence[ModelStatus]) -> None:
    """Explain that the requests of a pool count for all its models, as in SageMaker."""
    pools: dict[str, list[str]] = {}
    for each in models:
        if each.pool is not None:
            pools.setdefault(each.pool, []).append(each.model)
    for pool, names in pools.items():
        console.print(
            f"Pool {pool} ({', '.join(names)}): instances and requests are those of the whole pool."
        )


def _price(model: ModelStatus, prices: Mapping[str, InstancePrice]) -> dict[str, Any]:
    """Return the price of the running instances, for JSON; null if unknown or without any.

    A model in a pool has the price of the pool.
    """
    instance = prices.get(model.instance_type or "")
    if instance is None or not model.instance_count:
        return {"price": None}
    price = Price(instance, model.instance_count)
    return {"price": {"hour": price.hour, "month": price.month, "source": price.source}}


def _show_cost(models: Sequence[ModelStatus], prices: Mapping[str, InstancePrice]) -> None:
    """Show one line for each source of prices. Models in a pool share its instances."""
    totals: dict[tuple[str, str], Decimal] = {}
    for each in {each.endpoint: each for each in models}.values():
        instance = prices.get(each.instance_type or "")
        if instance is not None and each.instance_count:
            key = (instance.currency, instance.source)
            totals[key] = totals.get(key, Decimal(0)) + instance.amount * each.instance_count
    for (currency, source), hour in totals.items():
        console.print(f"The instances cost {hour} {currency} an hour ({source}).")


def _endpoint(model: ModelStatus) -> str:
    """Return SageMaker's status, or the activity of a working asynchronous endpoint."""
    status = model.endpoint_status or ("asleep" if model.asleep_since else "none")
    if model.activity in (None, "running") or status not in SCALING:
        return status
    return f"{model.queued} queued" if model.activity == "queued" else str(model.activity)


def _instances(model: ModelStatus) -> str:
    count = "" if model.instance_count is None else f"{model.instance_count} x "
    return f"{count}{model.instance_type}" if model.instance_type else ""


def _show_problems(model: ModelStatus, chosen: StackChoice) -> None:
    if model.serving and model.serving != model.live:
        console.print(
            f"{model.model}: the endpoint runs version {model.serving}, which is under test."
        )
    if model.client_errors or model.server_errors:
        of = f"the pool {model.pool}" if model.pool else model.model
        console.print(
            f"{of}: of {model.requests:,} requests in the last hour, {model.server_errors:,} got a "
            f"5XX response and {model.client_errors:,} a 4XX response."
        )
    last = model.last
    if last and last.result not in (*HEALTHY, "RUNNING"):
        reason = f"{last.error or ''}: {last.cause or ''}".strip(": ")
        console.print(f"{model.model}, {last.result}: {reason}")
        details = chosen.command("logs", model.model, "--deployment")
        console.print(f"  Details: {details}")
