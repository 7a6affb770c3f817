"""Judges the comments that no row of ``inference.comments`` with the present model version judges yet."""

import logging
from datetime import date
from typing import TYPE_CHECKING, Any

from cx_etl.settings import load_settings

if TYPE_CHECKING:
    import psycopg

    from cx_etl.voice.judging import Judge, Judgement

log = logging.getLogger(__name__)

# The models that the step reads.
NEEDS = ("int_survey_responses__comments",)
BATCH = 5000

# A comment that no model holds any more was corrected, or its author is forgotten.
FORGET = """
    delete from inference.comments as judged where not exists (
        select from intermediate.int_survey_responses__comments as comments
        where comments.comment_hash = judged.comment_hash
    )"""
UNJUDGED = """
    select comments.comment_hash, comments.comment
    from intermediate.int_survey_responses__comments as comments
    left join inference.comments as judged on comments.comment_hash = judged.comment_hash
    where judged.model_version is distinct from %s
    order by comments.comment_hash"""


def run(connection: "psycopg.Connection", as_of_date: date) -> None:
    """Leave one judgement per comment, all of the present model version. What stands is not judged again."""
    from cx_etl.voice.judging import Judge

    judge = Judge(load_settings().root / "dbt_project" / "seeds" / "voice_lexicon.csv")
    connection.execute(FORGET)
    with connection.cursor(name="unjudged_comments") as unjudged:
        unjudged.itersize = BATCH
        unjudged.execute(UNJUDGED, (judge.version,))
        judged = 0
        while comments := unjudged.fetchmany(BATCH):
            judged += _write(connection, judge, comments)
    log.info("voice %s: %d comments judged", judge.version, judged)


def _write(connection: "psycopg.Connection", judge: "Judge", comments: list[tuple[str, str]]) -> int:
    """Judge these comments in place of what an older version said of them; their number."""
    judgements = {key: judge.judge(comment) for key, comment in comments}
    with connection.cursor() as cursor:
        cursor.execute("delete from inference.comments where comment_hash = any(%s)", (list(judgements),))
        with cursor.copy("copy inference.comments from stdin") as copy:
            for key, one in judgements.items():
                copy.write_row((key, judge.version, *_columns(one)))
        with cursor.copy("copy inference.comment_themes from stdin") as copy:
            for key, one in judgements.items():
                for theme, matched in one.themes.items():
                    copy.write_row((key, theme, list(matched)))
    return len(judgements)


def _columns(one: "Judgement") -> tuple[Any, ...]:
    """The columns of inference.comments after its version."""
    language, sentiment = one.language, one.sentiment
    return (
        *(language.code, language.script, language.confidence),
        *(sentiment.label, sentiment.score, list(sentiment.positive_words), list(sentiment.negative_words)),
        *(list(one.themes), sorted({word for words in one.themes.values() for word in words})),
    )
