"""Tickets for the benchmarks: about 1.1 KB each, as many as wanted, the same for the same number and revision."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from sandbox.generator.phrases import HAPPY, SUBJECTS, UNHAPPY
from sandbox.records.zendesk import minutes, ticket, when

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
CHANNELS = ("email", "web", "chat", "api", "mobile", None)
STATUSES = ("closed", "closed", "closed", "solved", "open", "pending", "hold", "new")
PRIORITIES = (None, "low", "normal", "normal", "high", "urgent")
TYPES = (None, "question", "incident", "problem", "task")
TAGS = ("delivery", "refund", "vip", "late", "invoice", "damaged", "size", "payment", "app", "return", "gift")
LANGUAGES = ("en", "en", "en", "en", "pt", "ar", "ur", "pa", "te")
ENDS = (" ", " ", " ", "\n", "\r\n\r\n", ' "as I said" ')
encode = msgspec.json.Encoder().encode


def texts(seed: int = 5, count: int = 4000) -> list[tuple[str, str]]:
    """Subjects and descriptions of a few sentences."""
    rng, made = Random(seed), []
    for _ in range(count):
        language = rng.choice(LANGUAGES)
        sentences = (*HAPPY[language], *UNHAPPY[language])
        written = rng.choices(sentences, k=rng.randint(1, 8))
        made.append((rng.choice(SUBJECTS[language]), "".join(part + rng.choice(ENDS) for part in written)))
    return made


def tickets(count: int, changed_of_hundred: int = 0, per_second: int = 2) -> Iterator[bytes]:
    """Tickets 1 … count as JSON, in the order of their time; some of every hundred in a later version.

    A ticket's later version follows in the place of its first, as in an export that starts anew.
    """
    rng, known = Random(7), texts()
    for number in range(1, count + 1):
        created = FIRST + timedelta(seconds=number // per_second)
        is_later = number % 100 < changed_of_hundred
        yield encode(_ticket(number, created, is_later, known, rng))


def _ticket(number: int, created: datetime, is_later: bool, known: list[tuple[str, str]], rng: Random) -> dict:
    dice = rng.random
    subject, description = known[int(dice() * len(known))]
    status = STATUSES[int(dice() * len(STATUSES))]
    reply = int(dice() * 3000)
    solved = created + timedelta(minutes=reply * 3) if status in ("closed", "solved") else None
    changed = solved or created + timedelta(minutes=reply)
    first = int(dice() * len(TAGS))
    record = ticket(
        id=number,
        created_at=created,
        updated_at=changed + timedelta(hours=30) if is_later else changed,
        generated_at=created + timedelta(hours=40) if is_later else created + timedelta(seconds=5),
        status="closed" if is_later else status,
        channel=CHANNELS[int(dice() * len(CHANNELS))],
        requester_id=360_000_000_000 + int(dice() * 300_000),
        submitter_id=360_000_000_000 + int(dice() * 300_000),
        assignee_id=None if status == "new" else 370_000_000_000 + int(dice() * 300),
        group_id=380_000_000_000 + int(dice() * 12),
        priority=PRIORITIES[int(dice() * len(PRIORITIES))],
        type=TYPES[int(dice() * len(TYPES))],
        subject=f"{subject} #{number}",
        description=description,
        tags=TAGS[first : first + int(dice() * 4)] + (("reopened",) if is_later else ()),
        metric_set={
            "reopens": int(is_later),
            "replies": int(dice() * 5),
            "initially_assigned_at": when(created + timedelta(minutes=2)),
            "solved_at": when(solved),
            "reply_time_in_minutes": minutes(reply, reply // 3),
            "first_resolution_time_in_minutes": minutes(reply * 3, reply) if solved else minutes(None, None),
            "full_resolution_time_in_minutes": minutes(reply * 3, reply) if solved else minutes(None, None),
            "requester_wait_time_in_minutes": minutes(reply * 2, reply // 2) if solved else minutes(None, None),
        },
    )
    # Fields that the contract does not declare, as the vendor has many.
    record["url"] = f"https://example.zendesk.com/api/v2/tickets/{number}.json"
    record["has_incidents"] = False
    record["custom_fields"] = []
    return record
