"""The step that judges comments: what it writes, what it leaves alone, what it forgets."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from cx_etl import warehouse as cx_warehouse
from cx_etl.inference import INFERENCES, voice
from cx_etl.voice import judging

TEXTS = ("Great app, fast delivery", "بہت خراب معیار", "Ninguém responde, péssimo", "👍", "12:30")


def _infer(dsn: str, texts: Sequence[str]) -> dict[str, tuple]:
    """The judgements by comment after the step over these comments, and PostgreSQL's own version of each row last."""
    with psycopg.connect(dsn) as connection:
        connection.execute("drop table if exists intermediate.int_survey_responses__comments")
        connection.execute(
            "create table intermediate.int_survey_responses__comments (comment_hash text primary key, comment text)"
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into intermediate.int_survey_responses__comments values (%s, %s)",
                [(sha256(text.encode()).hexdigest(), text) for text in texts],
            )
        connection.commit()
        voice.run(connection, date(2026, 1, 1))
        connection.commit()
        rows = connection.execute(
            "select comment, judged.*, judged.xmin::text from inference.comments as judged"
            " left join intermediate.int_survey_responses__comments using (comment_hash)"
        ).fetchall()
    return {row[0]: row[1:] for row in rows}


def _themes(dsn: str) -> list[tuple[str, str, list[str]]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select comment, theme, matched_words from inference.comment_themes"
            " left join intermediate.int_survey_responses__comments using (comment_hash) order by 1, 2"
        ).fetchall()


def test_it_is_one_of_the_steps() -> None:
    assert [(each.needs, each.run) for each in INFERENCES if each.name == "voice"] == [(voice.NEEDS, voice.run)]


def test_each_comment_is_judged_with_the_words_that_tell_why(warehouse: str) -> None:
    judged = _infer(warehouse, TEXTS)
    assert set(judged) == set(TEXTS)
    assert {text: (row[2], row[3], row[5]) for text, row in judged.items()} == {
        "Great app, fast delivery": ("en", "Latn", "positive"),
        "بہت خراب معیار": ("ur", "Arab", "negative"),
        "Ninguém responde, péssimo": ("pt", "Latn", "negative"),
        "👍": ("und", "Zyyy", "positive"),
        "12:30": ("und", "Zyyy", "neutral"),
    }
    assert ("Great app, fast delivery", "delivery", ["fast delivery"]) in _themes(warehouse)
    assert ("Ninguém responde, péssimo", "service", ["ninguém responde"]) in _themes(warehouse)


def test_nothing_is_judged_twice_and_only_what_is_new_is(warehouse: str) -> None:
    before = _infer(warehouse, TEXTS)
    after = _infer(warehouse, (*TEXTS, "arrived late"))
    assert {text: after[text] for text in TEXTS} == before
    assert "arrived late" in after


def test_a_new_version_judges_all_anew(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _infer(warehouse, TEXTS)
    themes = _themes(warehouse)
    monkeypatch.setattr(judging, "RULES", judging.RULES + 1)
    after = _infer(warehouse, TEXTS)
    assert not {row[-1] for row in before.values()} & {row[-1] for row in after.values()}
    assert {row[1] for row in before.values()} != {row[1] for row in after.values()}
    assert [row[2:-1] for row in before.values()] == [row[2:-1] for row in after.values()]
    assert _themes(warehouse) == themes


def test_a_changed_lexicon_is_a_new_version(tmp_path: Path) -> None:
    lexicon = tmp_path / "lexicon.csv"
    lexicon.write_text("language,term,theme,polarity,weight,role\nen,good,,1,2,word\n", encoding="utf-8")
    first = judging.Judge(lexicon).version
    lexicon.write_text("language,term,theme,polarity,weight,role\nen,good,,1,3,word\n", encoding="utf-8")
    assert judging.Judge(lexicon).version != first


def test_a_comment_that_is_gone_is_forgotten(warehouse: str) -> None:
    _infer(warehouse, TEXTS)
    left = _infer(warehouse, TEXTS[1:])
    assert set(left) == set(TEXTS[1:])
    assert {comment for comment, _, _ in _themes(warehouse)} <= set(TEXTS[1:])


def test_tables_that_were_emptied_are_made_anew(warehouse: str) -> None:
    before = _infer(warehouse, TEXTS)
    with psycopg.connect(warehouse) as connection:
        connection.execute("truncate inference.comments cascade")
    assert {text: row[:-1] for text, row in _infer(warehouse, TEXTS).items()} == {
        text: row[:-1] for text, row in before.items()
    }


def test_no_word_of_a_comment_is_kept_beside_the_lexicon_s(warehouse: str) -> None:
    text = "Ayesha Siddiqui of 12 Canal Road says: good service, call 0300-1234567"
    _infer(warehouse, (text,))
    with psycopg.connect(warehouse) as connection:
        kept = connection.execute(
            "select (select string_agg(c::text, ' ') from inference.comments as c)"
            " || (select string_agg(t::text, ' ') from inference.comment_themes as t)"
        ).fetchone()
    assert kept
    assert not [word for word in ("Ayesha", "Siddiqui", "Canal", "0300") if word.lower() in kept[0].lower()]


def test_a_migration_twice_keeps_what_was_judged(warehouse: str) -> None:
    before = _infer(warehouse, TEXTS)
    cx_warehouse.migrate()
    assert _infer(warehouse, TEXTS) == before
