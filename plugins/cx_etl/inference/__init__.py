"""What SQL cannot compute: steps of a build that read models and write tables of the schema ``inference``.

Such a table is a source to the models after it, and can be made anew from the models that its step needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from cx_etl.inference import restatement, voice

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Inference:
    """A step: the models it ``needs``, the tables it ``writes``, and what it does with a connection and the as-of date.

    ``run`` leaves its tables complete for what the models hold, inside one transaction. The same models give the same
    tables; where it ``is_dated``, as of the same date.
    """

    name: str
    needs: tuple[str, ...]
    writes: tuple[str, ...]
    is_dated: bool
    run: Callable[["psycopg.Connection", date], None]


def _identity(connection: "psycopg.Connection", as_of_date: date) -> None:
    from cx_etl.inference import identity

    identity.run(connection, as_of_date)


def _lifetimes(connection: "psycopg.Connection", as_of_date: date) -> None:
    # numpy is for builds only: DAG files import this module.
    from cx_etl.inference import lifetimes

    lifetimes.run(connection, as_of_date)


# In the order of their needs: a step may need models that are made of what one before it wrote.
INFERENCES: tuple[Inference, ...] = (
    Inference(
        "identity",
        needs=("int_customers__links",),
        writes=("customers", "customer_identities", "identity_changes"),
        is_dated=False,
        run=_identity,
    ),
    Inference("voice", needs=voice.NEEDS, writes=("comments", "comment_themes"), is_dated=False, run=voice.run),
    Inference(
        "lifetimes",
        needs=("int_customers__order_days", "churn_rules"),
        writes=("lifetime_parameters", "customer_lifetimes", "lifetime_states"),
        is_dated=True,
        run=_lifetimes,
    ),
    Inference(
        "restatement",
        needs=restatement.NEEDS,
        writes=("restatements", "restated_facts"),
        is_dated=False,
        run=restatement.run,
    ),
)
