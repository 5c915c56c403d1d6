from __future__ import annotations

import pytest

from model_packager.rejection import SpecRejected
from model_packager.spec.deploy_spec import parse_deploy_spec
from model_packager.spec.schedule import Schedule, awake_share, scheduler_expression


def parse(schedule: str, more: str = "") -> None:
    parse_deploy_spec(f"schedule: {{{schedule}}}\n{more}", origin="deploy.yaml")


@pytest.mark.parametrize(
    ("cron", "expression"),
    [
        ("0 19 * * mon-fri", "cron(0 19 ? * MON-FRI *)"),
        ("0 19 * * 1-5", "cron(0 19 ? * MON-FRI *)"),
        ("30 7,18 * * 0", "cron(30 7,18 ? * SUN *)"),
        ("0 7 * * 7", "cron(0 7 ? * SUN *)"),
        ("0 7 * * 6-7", "cron(0 7 ? * SAT,SUN *)"),
        ("0 7 * * tue,fri-7", "cron(0 7 ? * TUE,FRI,SAT,SUN *)"),
        ("0 7 * * 01,03-05", "cron(0 7 ? * MON,WED-FRI *)"),
        ("0 7 * * 06-07", "cron(0 7 ? * SAT,SUN *)"),
        ("0 7 * * 0-7", "cron(0 7 ? * MON,TUE,WED,THU,FRI,SAT,SUN *)"),
        ("*/15 8-17 1 jan-mar *", "cron(*/15 8-17 1 JAN-MAR ? *)"),
        ("0 0 * * *", "cron(0 0 * * ? *)"),
        ("0 */1 * * *", "cron(0 */1 * * ? *)"),
    ],
)
def test_expression_of_scheduler(cron: str, expression: str) -> None:
    parse(f'sleep: "{cron}", wake: "1 1 * * *"')
    assert scheduler_expression(cron) == expression


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 19 * *", "five fields"),
        ("0 19 * * * *", "five fields"),
        ("60 19 * * *", "minute 60, which should be 0 to 59"),
        ("0 24 * * *", "hour 24"),
        ("0 19 0 * *", "day of the month 0"),
        ("0 19 * 13 *", "month 13"),
        ("0 19 * * 8", "day of the week 8"),
        ("0 19 * * mon-sunday", "day of the week mon-sunday"),
        ("0 19-7 * * *", "start is after its end"),
        ("0 19 1 * mon", "not both"),
        ("*/0 19 * * *", "step is not supported"),
        ("0 19 * * */2", "step is not supported"),
        ("0 19 L * *", "day of the month L"),
        ("0 19 * * ?", "no valid day of the week"),
    ],
)
def test_refused_times(cron: str, words: str) -> None:
    with pytest.raises(SpecRejected, match=words):
        parse(f'sleep: "{cron}", wake: "1 1 * * *"')


def test_time_zone_is_of_the_database() -> None:
    parse('sleep: "0 19 * * *", wake: "0 7 * * *", timezone: Europe/Berlin')
    with pytest.raises(SpecRejected, match="IANA time zone database, not Berlin"):
        parse('sleep: "0 19 * * *", wake: "0 7 * * *", timezone: Berlin')


def test_times_differ() -> None:
    with pytest.raises(SpecRejected, match="should differ"):
        parse('sleep: "0 19 * * *", wake: "0 19 * * *"')


def test_serverless_endpoint_has_none() -> None:
    with pytest.raises(SpecRejected, match=r"schedule has no effect with hosting\.mode serverless"):
        parse('sleep: "0 19 * * *", wake: "0 7 * * *"', "hosting: {mode: serverless}")


@pytest.mark.parametrize(
    ("sleep", "wake", "share"),
    [
        ("0 19 * * mon-fri", "0 7 * * mon-fri", 60 / 168),
        ("0 19 * * 1-5", "0 7 * * 1-5", 60 / 168),
        ("0 12 * * *", "0 18 * * *", 18 / 24),
        ("0 18 * * 5", "0 6 * * 7", 1 - 36 / 168),
        ("*/30 * * * *", "10,40 * * * *", 20 / 30),
        ("20/30 * * * *", "30-59/30,0 * * * *", 40 / 60),
        ("0 0 1 jun *", "0 0 1 jan *", 151 / 365),
        ("0 0 1 * *", "0 0 15 * *", 1 - 12 * 14 / 365),
        ("0 0 31 feb *", "0 0 1 1 *", 1),  # never due
        ("0 0 1 jun *", "0 0 31 feb *", 0),  # asleep since the previous year
        ("0 9 * * *", "0 9 * * 0-6", 1),  # both at the same time: the wake-up comes last
    ],
)
def test_share_of_the_time_awake(sleep: str, wake: str, share: float) -> None:
    schedule = Schedule(sleep=sleep, wake=wake)
    assert awake_share(schedule) == pytest.approx(share, rel=0.005)
