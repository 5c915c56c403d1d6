"""`modeldrop prices`: show the prices of instances, and their sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import NoRegionError
from rich.table import Column, Table

from model_packager.sagemaker.cost_limits import members
from modeldrop.aws_errors import translate
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.errors import UsageError
from modeldrop.interruption import announce
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.prices import known_prices, price_file, refresh
from modeldrop.stack.samconfig import read_samconfig
from modeldrop.stack.template import read_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_packager.sagemaker.price import InstancePrice


@choosing_stack
def prices(
    chosen: StackChoice,
    types: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TYPE", help="Instance types. Default: those that the stack allows."
        ),
    ] = None,
    refresh_list: Annotated[
        bool,
        typer.Option(
            "--refresh", help="Fetch the AWS Price List of the Region, and keep it with its date."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what instances cost per hour, with the source of each price.

    Prices come from the parameter HourlyPrices in samconfig.toml, else from the AWS Price List that
    --refresh fetched (pricing:GetProducts). `plan`, `drop` and `status` show them, too. They
    exclude discounts, tax and data transfer. Modeldrop has no prices of its own.
    """
    announce("Interrupted. The prices are unchanged.")
    if chosen.local:
        raise UsageError("The local cloud has no prices.", "Leave out --local.")
    session, _ = chosen.place()
    region: str | None = session.region_name
    if region is None:
        raise translate(NoRegionError())
    if refresh_list:
        with console.status(f"Fetching the AWS Price List of {region}"):
            refresh(session, region)
    overrides = read_samconfig(Path.cwd(), chosen.config_env).parameters
    stack = StackParameters.of_samconfig(read_parameters(), region, overrides)
    known = known_prices(stack)
    shown = types or list(members(stack.values["AllowedInstanceTypes"]))
    if as_json:
        print_json({"region": region, "prices": _document(shown, known)})
        return
    console.print(_table(shown, known))
    if refresh_list:
        console.print(f"Kept in {price_file(region)}")
    elif not known:
        console.print(f"To fetch them: {chosen.command('prices', '--refresh')}")


def _table(types: list[str], known: Mapping[str, InstancePrice]) -> Table:
    table = Table("instance type", Column("per hour", justify="right"), "source", box=None)
    for each in types:
        price = known.get(each)
        table.add_row(
            each,
            f"{price.amount} {price.currency}" if price else "not known",
            price.source if price else "-",
        )
    return table


def _document(
    types: list[str], known: Mapping[str, InstancePrice]
) -> dict[str, dict[str, Any] | None]:
    found = {each: known.get(each) for each in types}
    return {
        name: None
        if price is None
        else {"hour": str(price.amount), "currency": price.currency, "source": price.source}
        for name, price in found.items()
    }
