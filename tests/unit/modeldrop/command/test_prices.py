"""`modeldrop prices`, and the commands that show a price, with responses in the documented format.

moto has no prices, and the price list needs credentials, so a local server implements GetProducts
(AWS Price List Query API reference).
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from modeldrop.command.app import app
from modeldrop.stack.prices import price_file
from tests.unit.modeldrop.command.http_server import answering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

    from tests.unit.modeldrop.account import Account

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
G4DN = "ml.g4dn.xlarge"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def product(
    name: str, amount: str, component: str = "Hosting", unit: str = "Hrs", currency: str = "USD"
) -> str:
    return json.dumps(
        {
            "product": {
                "productFamily": "ML Instance",
                "attributes": {
                    "regionCode": "eu-west-1",
                    "instanceName": name,
                    "component": component,
                    "usagetype": f"EU-Host:{name}",
                    "servicecode": "AmazonSageMaker",
                },
                "sku": "ABC",
            },
            "serviceCode": "AmazonSageMaker",
            "terms": {
                "OnDemand": {
                    "ABC.JRTCKXETXF": {
                        "priceDimensions": {
                            "ABC.JRTCKXETXF.6YS6EN2CT7": {
                                "unit": unit,
                                "beginRange": "0",
                                "endRange": "Inf",
                                "pricePerUnit": {currency: amount},
                            }
                        },
                        "effectiveDate": "2026-11-01T00:00:00Z",
                    }
                }
            },
            "publicationDate": "2026-11-20T00:00:00Z",
        }
    )


PAGES = (
    (
        product(G4DN, "0.8220000000"),
        product(G4DN, "0.1000000000", component="Training"),
        product("ml.c6i.large", "0.1100000000"),
        product("ml.c6i.large", "0.1200000000"),
        product("ml.g5.xlarge", "9", unit="GB-Mo"),
    ),
    (product("ml.c5.large", "0.1150000000"), product("ml.g5.2xlarge", "0.0000000000")),
)


@contextmanager
def price_list(
    monkeypatch: pytest.MonkeyPatch, pages: tuple[tuple[str, ...], ...] = PAGES
) -> Iterator[list[Any]]:
    """Serve pages of products, and yield the requests."""
    requests: list[Any] = []

    def answer(body: bytes) -> tuple[int, bytes]:
        requests.append(json.loads(body))
        number = int(requests[-1].get("NextToken", 0))
        more = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
        document = {"FormatVersion": "aws_v1", "PriceList": pages[number], **more}
        return 200, json.dumps(document).encode()

    with answering(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield requests


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def test_prices_are_fetched_by_region_and_kept_with_their_date(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with price_list(monkeypatch) as requests:
        ended = run("prices", "--refresh", "--region", "eu-west-1")
    assert ended.exit_code == 0, ended.stderr
    filters = [
        {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-west-1"},
        {"Type": "TERM_MATCH", "Field": "productFamily", "Value": "ML Instance"},
    ]
    first = {"ServiceCode": "AmazonSageMaker", "Filters": filters, "FormatVersion": "aws_v1"}
    assert requests == [
        {**first, "MaxResults": 100},
        {**first, "MaxResults": 100, "NextToken": "1"},
    ]
    assert f"0.822 USD AWS Price List, fetched {TODAY}" in " ".join(ended.stderr.split())
    kept = json.loads(price_file("eu-west-1").read_text())
    assert kept["hourly"] == {"ml.c5.large": "0.115", G4DN: "0.822"}
    assert kept["fetched"].startswith(TODAY)


def test_prices_are_shown_offline_afterwards_and_the_parameter_precedes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with price_list(monkeypatch):
        run("prices", "--refresh", "--region", "eu-west-1")
    (tmp_path / "samconfig.toml").write_text(
        'version = 0.1\n[default.deploy.parameters]\nstack_name = "m"\nregion = "eu-west-1"\n'
        'parameter_overrides = "HourlyPrices=ml.c5.large=0.09"\n'
    )
    shown = json.loads(run("prices", G4DN, "ml.c5.large", "ml.p5.48xlarge", "--json").stdout)
    assert shown == {
        "region": "eu-west-1",
        "prices": {
            G4DN: {
                "hour": "0.822",
                "currency": "USD",
                "source": f"AWS Price List, fetched {TODAY}",
            },
            "ml.c5.large": {"hour": "0.09", "currency": "USD", "source": "HourlyPrices"},
            "ml.p5.48xlarge": None,
        },
    }


def test_prices_of_another_region_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with price_list(monkeypatch):
        run("prices", "--refresh", "--region", "eu-west-1")
    ended = run("prices", G4DN, "--region", "us-east-1")
    assert "not known" in ended.stderr
    assert "To fetch them: modeldrop prices --refresh --region us-east-1" in ended.stderr


def test_plan_and_status_show_the_price_with_its_source(
    account: Account, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    assert "an hour" not in run("status").stderr
    with price_list(monkeypatch):
        run("prices", "--refresh", "--region", "us-east-1")
    source = f"(AWS Price List, fetched {TODAY})"
    assert f"The instances cost 0.822 USD an hour {source}." in run("status").stderr
    [of_resnet] = json.loads(run("status", "--json").stdout)["models"]
    assert of_resnet["price"]["hour"] == "0.822 USD"
    shown = run("plan", str(model), "--region", "us-east-1").stderr
    assert f"600 USD per month {source}" in " ".join(shown.split())


def test_instances_of_a_pool_are_counted_once(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.serve_pool("small", "dog", "fox")
    with price_list(monkeypatch):
        run("prices", "--refresh", "--region", "us-east-1")
    documents = json.loads(run("status", "--json").stdout)["models"]
    assert [each["price"]["hour"] for each in documents] == ["0.822 USD"] * 3
    assert "The instances cost 1.644 USD an hour" in run("status").stderr  # the pool and resnet


def test_damaged_file_has_no_prices() -> None:
    file = price_file("us-east-1")
    file.parent.mkdir(parents=True)
    file.write_text('{"hourly": 3}')
    assert "not known" in run("prices", G4DN, "--region", "us-east-1").stderr


def test_list_without_hosting_prices_keeps_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with price_list(monkeypatch, ((product(G4DN, "1", component="Training"),),)):
        ended = run("prices", "--refresh", "--region", "eu-west-1")
    assert ended.exit_code != 0
    assert "no prices of hosting instances in eu-west-1" in str(ended.exception)
    assert not price_file("eu-west-1").exists()


def test_china_has_its_own_endpoint_and_currency(monkeypatch: pytest.MonkeyPatch) -> None:
    with price_list(monkeypatch, ((product(G4DN, "5.5", currency="CNY"),),)):
        run("prices", "--refresh", "--region", "cn-north-1")
    assert json.loads(price_file("cn-north-1").read_text())["currency"] == "CNY"


def test_local_cloud_has_no_prices() -> None:
    assert "no prices" in str(run("prices", "--local").exception)


def test_prices_need_a_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # without samconfig.toml
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    assert "No AWS Region is set" in str(run("prices").exception)


def test_parameters_in_samconfig_are_read_as_cloudformation_reads_them(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(
        '[default.deploy.parameters]\nregion = "eu-west-1"\nparameter_overrides = [\n'
        '\'"AllowedInstanceTypes=ml.c5.large, ml.g5.xlarge"\', "HourlyPrices=ml.g5.xlarge=1.5"]\n'
    )
    shown = json.loads(run("prices", "--json").stdout)["prices"]
    assert (shown["ml.c5.large"], shown["ml.g5.xlarge"]["hour"]) == (None, "1.5")
    (tmp_path / "samconfig.toml").write_text(
        '[default.deploy.parameters]\nregion = "eu-west-1"\n'
        'parameter_overrides = "HourlyPrices=1.5"\n'
    )
    refused = run("prices", "--json").exception
    assert "does not allow HourlyPrices=1.5 in samconfig.toml" in str(refused)
