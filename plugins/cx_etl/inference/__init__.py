"""What SQL cannot compute: steps of a build that read models and write tables of the schema ``inference``.

Such a table is a source to the models after it, and can be made anew from the models that its step needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from cx_etl.inference import voice

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Inference:
    """A step: the models it ``needs``, and what it does with the connection and the build's as-of date.

    ``run`` leaves its tables complete for what the models hold, inside one transaction. The same models give the same
    tables.
    """

    name: str
    needs: tuple[str, ...]
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
    Inference("identity", ("int_customers__links",), _identity),
    Inference("voice", voice.NEEDS, voice.run),
    Inference("lifetimes", ("int_customers__order_days", "churn_rules"), _lifetimes),
)
