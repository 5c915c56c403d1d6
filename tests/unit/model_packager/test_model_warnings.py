from pathlib import Path

from model_packager.model_warnings import WarningCode


def test_every_warning_has_a_test() -> None:
    unit = Path(__file__).parent.parent
    files = [file for file in unit.rglob("test_*.py") if file != Path(__file__)]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [code for code in WarningCode if f"WarningCode.{code}" not in text] == []
