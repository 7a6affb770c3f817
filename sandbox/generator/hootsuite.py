"""The shop on social networks: posts that are planned, changed, sent and seen; profiles; and what its inbox counts."""

from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sandbox.generator import phrases
from sandbox.generator.plan import Plan, poisson
from sandbox.generator.sink import Sink
from sandbox.records.hootsuite import Record, inbox_cell, message, post, profile, profile_day, total

if TYPE_CHECKING:
    from sandbox.generator.others import Day

FIRST_PROFILE, FIRST_MESSAGE = 115_185_501, 4_138_476_001
NAMES = (
    ("FACEBOOKPAGE", "Casa & Companhia"),
    ("TWITTER", None),
    ("INSTAGRAMBUSINESS", "casa.e.companhia"),
    ("YOUTUBECHANNEL", "Casa TV 🛋️"),
    ("LINKEDINCOMPANY", "Casa & Companhia"),
    ("THREADS", "casa.e.companhia"),
    ("FACEBOOKPAGE", "كاسا للمنزل"),
    ("FACEBOOK", "Nadia (private)"),
)
WITH_ANALYTICS = ("FACEBOOKPAGE", "TWITTER", "INSTAGRAMBUSINESS", "YOUTUBECHANNEL", "THREADS")
POSTS_PER_DAY = 1.3
LONGEST_LEAD_DAYS = 18
DAY = 24 * 60
# Days after a post, or a profile's date, at which its numbers are computed again, and how much of them shows by then.
RESTATED = ((0.1, 0.3), (1.2, 0.7), (3.1, 0.9), (8.3, 0.97), (20.4, 1.0))
# So many days before the last night the network stops giving this metric of its pages and their posts. Longer ago than
# numbers are restated: what it said of the last weeks does not depend on the night that asks.
VANISHED_DAYS, VANISHED = 45, "impressions"
TEAMS = (
    "c3144df7-8a04-4b20-b60a-ccfe97723780",
    "3b48a76e-4289-44b8-ac15-c8b60d21f158",
    "9d1f0b52-6f7e-4a4e-9c3a-5e1f9a7b2c44",
)
INBOX = {
    "inbound-message-volume": (6, 2.0),
    "outbound-message-volume": (5, 1.7),
    "first-response-time": (900, 40.0),
    "conversation-response-time": (600, 25.0),
    "resolved-with-one-reply": (2, 0.6),
    "handle-time": (700, 10.0),
}
# Hours after the day began at which its aggregates are seen, and how much of them.
COUNTED = ((20, 0.8), (27, 0.97), (51, 1.0))
NOTHING_RATE = 0.06


class Social:
    """Writes the profiles once, then each day's plans, posts and aggregates."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._messages = 0
        self._profiles = [profile(FIRST_PROFILE + number, *about) for number, about in enumerate(NAMES)]
        opened = plan.midnight(plan.first_night) + timedelta(minutes=2)
        for each in self._profiles:
            sink.version("hootsuite/social_profiles", opened, each)
        self._change_profiles()

    def _change_profiles(self) -> None:
        """Half way one is renamed, and a private one is taken out."""
        middle = self._plan.midnight(self._plan.first_night + timedelta(days=self._plan.nights // 2))
        renamed = self._profiles[0] | {"socialNetworkUsername": "Casa & Cia."}
        self._sink.version("hootsuite/social_profiles", middle + timedelta(hours=10), renamed)
        self._sink.deletion("hootsuite/social_profiles", middle + timedelta(hours=11), self._profiles[-1]["id"])

    def live(self, day: "Day") -> None:
        """What was planned on the day, and the day's own numbers."""
        for _ in range(poisson(POSTS_PER_DAY, self._rng)):
            self._plan_message(day)
        for each in self._profiles:
            if each["type"] in WITH_ANALYTICS:
                self._count_profile(day.date, each, len(day.orders))
        for metric in INBOX:
            self._count_inbox(day.date, metric, len(day.tickets))

    def _plan_message(self, day: "Day") -> None:
        """A message from its first version to its last: changed, moved, rejected or deleted, else sent."""
        rng, plan = self._rng, self._plan
        created = plan.moment_in(day.date, rng)
        send_at = plan.later(created, rng.uniform(0.02, LONGEST_LEAD_DAYS) * DAY)
        language = rng.choice(day.present).language if day.present else "en"
        about = {
            "number": FIRST_MESSAGE + self._messages,
            "profile": rng.choice(self._profiles[:-1]),
            "text": phrases.opinion(language, True, rng),
            "tags": ("care",) if rng.random() < 0.4 else (),
        }
        self._messages += 1
        needs_approval = rng.random() < 0.2
        state = "PENDING_APPROVAL" if needs_approval else "SCHEDULED"
        self._write(created, message(**about, state=state, send_at=send_at, sequence=1 if needs_approval else None))
        changed = min(plan.settle(created + (send_at - created) * rng.uniform(0.1, 0.8)), send_at)
        fate = rng.random()
        if needs_approval and fate < 0.3:
            self._write(changed, message(**about, state="REJECTED", send_at=send_at, sequence=2))
            return
        if fate > 0.96 and plan.local_date(changed) < plan.as_of_nights[0]:
            self._sink.deletion("hootsuite/messages", changed, str(about["number"]))
            return
        if fate > 0.85 or needs_approval:
            about["text"] += " ✨"
            send_at = plan.later(send_at, rng.choice((0, 0, 3 * DAY)) + 1)
            self._write(changed, message(**about, state="SCHEDULED", send_at=send_at))
        self._send(about, send_at)

    def _send(self, about: Record, send_at: datetime) -> None:
        """Sent within minutes of its time, but for a few that the network refuses."""
        sent = self._plan.later(send_at, 1)
        if self._rng.random() < 0.03:
            self._write(sent, message(**about, state="SEND_FAILED_PERMANENTLY", send_at=send_at))
            return
        post_id = f"{about['profile']['socialNetworkId']}_{about['number']}"
        self._write(sent, message(**about, state="SENT", send_at=send_at, post_id=post_id))
        if about["profile"]["type"] in WITH_ANALYTICS:
            self._count_post(about["profile"], post_id, about["text"], sent)

    def _count_post(self, of: Record, external_id: str, text: str, sent: datetime) -> None:
        reach = self._rng.randint(200, 9000)
        for days, share in RESTATED:
            at = self._plan.later(sent, days * DAY)
            seen = {"likes": round(reach * share * 0.04), "comments": round(reach * share * 0.006)}
            seen |= self._impressions(of, at, round(reach * share))
            record = post(
                profile=of, external_id=external_id, text=text, created_at=sent, refreshed_at=at, metrics=seen
            )  # fmt: skip
            self._sink.version("hootsuite/post_analytics", at, record)

    def _count_profile(self, day: date, of: Record, orders: int) -> None:
        """A date's numbers, restated for weeks; some divide by country."""
        reach = self._rng.randint(500, 2000) + orders * 10
        for days, share in RESTATED:
            at = self._plan.settle(self._plan.midnight(day) + timedelta(days=1 + days, minutes=int(of["id"]) % 40))
            near = round(reach * share * 0.7)
            metrics = {
                "followers": total(12_000 + day.toordinal() % 900),
                "reactions": total(round(reach * share * 0.1)),
                "views": total(round(reach * share), country={"PT": near, "GB": round(reach * share) - near}),
            }
            seen = self._impressions(of, at, reach * share)
            metrics |= {name: total(value) for name, value in seen.items()}
            self._sink.version("hootsuite/profile_analytics", at, profile_day(profile=of, day=day, metrics=metrics))

    def _impressions(self, of: Record, at: datetime, value: float) -> dict[str, float]:
        """What some networks give, until one of them stops."""
        last = self._plan.midnight(self._plan.last_night - timedelta(days=VANISHED_DAYS))
        is_gone = of["type"] == "FACEBOOKPAGE" and at >= last
        return {} if is_gone else {VANISHED: round(value * 1.6, 1)}

    def _count_inbox(self, day: date, metric: str, tickets: int) -> None:
        """By team; a team, or all of them, may have had nothing."""
        rng, begins = self._rng, self._plan.midnight(day)
        least, per_ticket = INBOX[metric]
        teams = [] if rng.random() < NOTHING_RATE else [team for team in TEAMS if rng.random() > NOTHING_RATE]
        for team in teams:
            value = (least + tickets * per_ticket) * rng.uniform(0.6, 1.4)
            for hours, share in COUNTED:
                at = self._plan.settle(begins + timedelta(hours=hours))
                self._sink.version(
                    "hootsuite/inbox_metrics", at, inbox_cell(metric, team, begins, round(value * share))
                )

    def _write(self, at: datetime, record: Record) -> None:
        self._sink.version("hootsuite/messages", self._plan.settle(at), record)
