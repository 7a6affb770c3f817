"""Settings of a file drop: what is wrong is named with its entry and key."""

from typing import Any

import pytest

from cx_etl import sources
from cx_etl.errors import ConfigError
from cx_etl.sources.file_drop import sources_of
from cx_etl.sources.file_drop.declaration import declared

ENTRY = {
    "source": "crm",
    "stream": "contacts",
    "pattern": "*.csv",
    "key": "id",
    "columns": {"id": "text", "at": "date"},
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source": None}, "missing required field `source`"),
        ({"source": "CRM tool"}, "source 'CRM tool' is no name"),
        ({"source": "crm__x"}, "source 'crm__x' is no name"),
        ({"stream": "x" * 40}, "is no name"),
        ({"patern": "*.csv"}, "unknown field `patern`"),
        ({"pattern": 5}, "Expected `str`, got `int` - at `$.pattern`"),
        ({"pattern": "../*.csv"}, "pattern '../*.csv' is no glob below the drop folder"),
        ({"pattern": "/etc/*"}, "pattern '/etc/*' is no glob"),
        ({"pattern": "**/*.csv"}, "is no glob"),
        ({"pattern": "processed/*"}, "is no glob"),
        ({"key": "email"}, "key names 'email', which columns must declare as text"),
        ({"key": "at"}, "key names 'at', which columns must declare as text"),
        ({"key": []}, "key names no column"),
        ({"columns": {}}, "columns declares none"),
        ({"columns": {"id": "txt"}}, "column id: Invalid enum value 'txt'"),
        ({"columns": {"id": "text", "Rating": "integer"}}, "columns 'Rating' is no name"),
        ({"columns": {"id": "text", "_night": "date"}}, "columns '_night' is no name"),
        (
            {"columns": {"id": "text", "a": {"type": "date", "zone": "UTC"}}},
            "column a: Object contains unknown field `zone`",
        ),
        ({"columns": {"id": "text", "a": {"type": "text", "header": "id"}}}, "two are called 'id' in the file"),
        ({"columns": {"id": "text", "a": {"type": "date", "format": "%Q"}}}, "column a: format '%Q'"),
        ({"columns": {"id": "text", "a": {"type": "text", "format": "%Y"}}}, "column a: a text has no format"),
        (
            {"columns": {"id": "text", "a": {"type": "timestamp", "time_zone": "Lisbon"}}},
            "time_zone 'Lisbon' is no IANA",
        ),
        ({"version": "id"}, "version names 'id', which columns must declare as a date or timestamp"),
        ({"delimiter": "::"}, "delimiter is '::'"),
        ({"encoding": "ansi?"}, "encoding 'ansi?' is not known"),
        ({"expected": "weekly"}, "$.expected"),
        ({"skip_rows": -1}, "skip_rows is negative"),
        ({"order": "size"}, "$.order"),
    ],
)
def test_a_wrong_entry_is_named_with_its_key(changes: dict[str, Any], reason: str) -> None:
    entry = {key: value for key, value in {**ENTRY, **changes}.items() if value is not None}
    with pytest.raises(ConfigError) as caught:
        declared([ENTRY | {"stream": "other"}, entry])
    assert caught.value.message.startswith("[[files]] entry 2 (")
    assert reason in caught.value.message


def test_a_stream_is_declared_once() -> None:
    with pytest.raises(ConfigError, match="declares crm/contacts twice"):
        declared([ENTRY, ENTRY])


def test_each_source_of_the_entries_is_a_source() -> None:
    entries = [ENTRY, ENTRY | {"stream": "deals"}, ENTRY | {"source": "loyalty", "stream": "points"}]
    found = sources_of(entries)
    assert {name: [stream.name for stream in source.streams] for name, source in found.items()} == {
        "crm": ["contacts", "deals"],
        "loyalty": ["points"],
    }
    assert found["crm"].streams[0].tables[0].name == "crm__contacts"
    # The shape of a contract is kept by its identity.
    assert sources_of(entries)["crm"] is found["crm"]


def test_patterns_do_not_reach_over_folders() -> None:
    (stream,) = declared([ENTRY | {"pattern": "in/*/talks_*.csv"}])
    assert stream.matches("in/2026/talks_1.csv")
    assert not stream.matches("in/talks_1.csv")
    assert not stream.matches("in/2026/11/talks_1.csv")


def test_a_declared_source_may_not_hide_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    settings = tmp_path / "cx.toml"
    text = (sources.load_settings().root / "cx.toml").read_text(encoding="utf-8")
    columns = '[{ source = "zendesk", stream = "x", pattern = "*", key = "id", columns = { id = "text" } }]'
    settings.write_text(f"files = {columns}\n{text}", encoding="utf-8")
    monkeypatch.setenv("CX_CONFIG", str(settings))
    with pytest.raises(ConfigError, match="declares 'zendesk', which is a source already"):
        sources.every_source()
    settings.write_text(f"files = 3\n{text}", encoding="utf-8")
    with pytest.raises(ConfigError, match="files is no list of tables"):
        sources.every_source()
