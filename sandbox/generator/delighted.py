"""What was left of Delighted when it closed: the API's answers saved in time, a later save, and the web export."""

import csv
import gzip
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from sandbox.generator import phrases
from sandbox.generator.people import Person, written
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink

if TYPE_CHECKING:
    from sandbox.generator.others import Day

CLOSED = datetime(2026, 6, 30, tzinfo=UTC)
PAGE_SIZE = 100
REASONS = (("rEaSoN1", "Delivery"), ("rEaSoN2", "Preço"), ("rEaSoN3", "الجودة"))
Record = dict[str, Any]


@dataclass
class Delighted:
    """Drops the archives on the world's first day with people; nothing afterwards."""

    plan: Plan
    sink: Sink
    rng: Random
    _done: bool = False

    def live(self, day: "Day") -> None:
        if self._done or not day.present:
            return
        self._done = True
        responses = [self._response(number, day.present) for number in range(1, 81 + self.plan.customers // 8)]
        noon = self.plan.midnight(day.date) + timedelta(hours=12)
        self._drop_pages(noon, [response for response in responses if self.rng.random() < 0.9])
        edited = [self._edited(response) for response in responses[::7]]
        lines = "".join(json.dumps(response, ensure_ascii=False) + "\n" for response in edited)
        later = noon + timedelta(days=1)
        self.sink.file("delighted", later, "survey_responses_edited.jsonl.gz", gzip.compress(lines.encode(), mtime=0))
        self.sink.file("delighted", later + timedelta(days=1), "delighted_export_2026-06-30.csv", _export(responses))

    def _drop_pages(self, at: datetime, responses: list[Record]) -> None:
        """One file per page of the API, its records as they came."""
        for page, start in enumerate(range(0, len(responses), PAGE_SIZE), start=1):
            content = json.dumps(responses[start : start + PAGE_SIZE], ensure_ascii=False, indent=1)
            self.sink.file("delighted", at, f"survey_responses_{page:03}.json", content.encode())

    def _response(self, number: int, present: list[Person]) -> Record:
        rng, person = self.rng, self.rng.choice(present)
        created = int((CLOSED - timedelta(days=rng.uniform(1, 700))).timestamp())
        score = rng.choices(range(11), (4, 2, 2, 3, 4, 6, 8, 12, 20, 22, 17))[0]
        return {
            "id": str(10_000 + number),
            "person": self._person(person),
            "survey_type": "nps",
            "score": score,
            "comment": phrases.opinion(person.language, score > 7, rng) if rng.random() < 0.6 else None,
            "permalink": f"https://delighted.example/r/{number:08x}",
            "created_at": created,
            "updated_at": None,
            "person_properties": {"country": person.place[0], "Purchase Experience": None}
            if rng.random() < 0.5
            else None,
            "notes": [],
            "tags": rng.sample(["vip", "late", "loja"], rng.randint(0, 2)),
            "additional_answers": [self._reasons(number)] if rng.random() < 0.3 else [],
        }

    def _person(self, person: Person) -> str | Record:
        """Only the id in some archives, the person in those that were made with expand[]=person."""
        key = str(70_000 + person.index)
        if self.rng.random() < 0.3:
            return key
        return {"id": key, "name": person.name, "email": written(person.email, self.rng), "phone_number": None}

    def _reasons(self, number: int) -> Record:
        chosen = [{"id": key, "text": text} for key, text in self.rng.sample(REASONS, 2)]
        value = {"free_response": None, "scale": None, "select_one": None, "select_many": chosen}
        question = {"id": "enum_reasons", "type": "select_many", "text": "What mattered most?"}
        return {"id": str(90_000 + number), "value": value, "question": question}

    def _edited(self, response: Record) -> Record:
        """The response after somebody added a note and a tag."""
        note = {
            "text": "Called back 📞",
            "user_email": "agent@shop.example",
            "created_at": response["created_at"] + 3600,
        }
        changes = {"notes": [note], "tags": [*response["tags"], "called"], "updated_at": response["created_at"] + 3600}
        return {**response, **changes}


def _export(responses: list[Record]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["Response ID", "Survey Type", "Score", "Comment", "Permalink", "Created At", "Name", "Email", "Tags"]
    )
    for each in responses:
        person = each["person"] if isinstance(each["person"], dict) else {}
        created = datetime.fromtimestamp(each["created_at"], UTC).strftime("%Y-%m-%d %H:%M:%S")
        described = [each["id"], "NPS", each["score"], each["comment"], each["permalink"], created]
        writer.writerow([*described, person.get("name"), person.get("email"), ", ".join(each["tags"])])
    return out.getvalue().encode()
