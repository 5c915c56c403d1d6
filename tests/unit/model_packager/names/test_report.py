from model_packager.names.report import report_key, summary_key
from tests.unit.model_packager.names.drops import VERSION


def test_every_deployment_has_a_report_of_its_own() -> None:
    keys = [
        report_key("resnet", VERSION, "first", restored=False),
        report_key("resnet", VERSION, "second", restored=True),
        report_key("resnet", VERSION, "third", restored=True),
        report_key("resnet", None, "fourth", restored=False),
        report_key(None, None, "fourth", restored=False),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == f"_reports/resnet/{VERSION}.html"
    assert keys[0] == report_key("resnet", VERSION, "again", restored=False)
    assert keys[1].startswith(f"_reports/resnet/{VERSION}-restored-")
    assert summary_key(keys[0]) == f"_reports/resnet/{VERSION}.json"
