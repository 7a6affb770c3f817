"""How the helpdesk is set up, and how that changes: teams, customers' organizations, policies, hours, fields."""

from datetime import date, datetime, timedelta
from random import Random

from sandbox.generator.desk import AGENTS, LEAVER
from sandbox.generator.hours import CLOSES, HOLIDAYS, OPENS, VENDOR_ZONE
from sandbox.generator.plan import Plan
from sandbox.generator.sink import Sink
from sandbox.generator.ticket import (
    DEFAULT_FORM,
    FIRST_FIELD,
    FIRST_ORGANIZATION,
    FIRST_ORGANIZATIONS,
    FORMS,
    GROUP,
)
from sandbox.records import zendesk_setup as records
from sandbox.records.writer import stamp
from sandbox.records.zendesk_setup import Record

POLICY = 9_500_001
SCHEDULE = 9_600_001
FIRST_MEMBERSHIP = 9_700_001
FIRST_HOLIDAY = 9_800_001
# First replies, in minutes.
TARGETS = {"urgent": 30, "high": 60, "normal": 240, "low": 480}
TEAMS = ("Support", "دعم العملاء", "ਬਿਲਿੰਗ", "Escalations")
FIELDS = ("text", "checkbox", "decimal", "multiselect", "date")
OPTIONS = ("gift", "express", "عاجل")
NAMES = ("Globex", "Casa das Flores", "شركة النور", "ਪੰਜਾਬ ਟਰੇਡਰਜ਼", "Initech 🏢")
# Lists show only what there is: what ceases to exist does so before the nights whose truth is kept.
SETTLED_DAYS = 7


class Setup:
    """Writes the account's set-up, and what becomes of it."""

    def __init__(self, plan: Plan, sink: Sink, rng: Random) -> None:
        self._plan, self._sink, self._rng = plan, sink, rng
        self._opened = plan.midnight(plan.first_night) + timedelta(minutes=1)
        self._middle = self._opened + timedelta(days=plan.nights // 2)
        self._end = plan.midnight(plan.last_night - timedelta(days=SETTLED_DAYS))
        self._organizations: list[Record] = []
        self.policy = records.sla_policy(POLICY, "First reply", 1, self._opened, TARGETS)
        self._write_teams()
        self._write_hours()
        self._write_forms()
        for number in range(FIRST_ORGANIZATIONS):
            self._add_organization(FIRST_ORGANIZATION + number, self._opened)

    def live(self, day: date) -> None:
        """Organizations come, change and go."""
        rng, at = self._rng, self._plan.moment_in(day, self._rng)
        if rng.random() < 0.35:
            self._add_organization(FIRST_ORGANIZATION + len(self._organizations), at)
        if rng.random() < 0.2:
            self._change_organization(rng.randrange(len(self._organizations)), at)

    def _write_teams(self) -> None:
        for number, name in enumerate(TEAMS):
            self._write("groups", self._opened, records.group(GROUP + number, name, self._opened, self._opened))
        renamed = records.group(GROUP + 1, "Customer care", self._opened, self._middle)
        deleted = records.group(GROUP + 3, TEAMS[3], self._opened, self._middle, deleted=True)
        self._write("groups", self._middle, renamed)
        self._write("groups", self._middle, deleted)
        numbers = iter(range(FIRST_MEMBERSHIP, FIRST_MEMBERSHIP + 100))
        for position, agent in enumerate(AGENTS):
            for group in {GROUP, GROUP + position % len(TEAMS)}:
                self._join(next(numbers), agent, group)

    def _join(self, number: int, agent: int, group: int) -> None:
        record = records.membership(number, agent, group, self._opened, default=group == GROUP)
        self._write("group_memberships", self._opened, record)
        if self._middle < self._end and (agent == LEAVER or group == GROUP + 3):
            self._sink.deletion("zendesk/group_memberships", self._plan.settle(self._middle), number)

    def _write_hours(self) -> None:
        self._write("sla_policies", self._opened, self.policy)
        tightened = {**self.policy, "description": "Tightened", "updated_at": stamp(self._middle)}
        self._write("sla_policies", self._middle, tightened)
        opens, closes = (at.hour * 60 for at in (OPENS, CLOSES))
        hours = records.schedule(SCHEDULE, "Lisboa", VENDOR_ZONE, self._opened, opens, closes)
        self._write("schedules", self._opened, hours)
        night = records.schedule(SCHEDULE + 1, "Night", "Eastern Time (US & Canada)", self._opened, 0, 6 * 60)
        self._write("schedules", self._opened, night)
        years = range(self._plan.first_night.year, self._plan.last_night.year + 1)
        dates = [(name, date(year, month, start), end) for year in years for name, month, start, end in HOLIDAYS]
        for number, (name, start, end) in enumerate(dates * 2):
            schedule = SCHEDULE + number // len(dates)
            record = records.holiday(FIRST_HOLIDAY + number, schedule, name, start, start.replace(day=end))
            self._write("holidays", self._opened, record)

    def _write_forms(self) -> None:
        for number, kind in enumerate(FIELDS):
            options = OPTIONS if kind == "multiselect" else ()
            times = (self._opened, self._opened)
            record = records.ticket_field(FIRST_FIELD + number, kind, f"Field {number + 1}", *times, options=options)
            self._write("ticket_fields", self._opened, record)
        last = FIRST_FIELD + len(FIELDS) - 1
        idle = records.ticket_field(last, FIELDS[-1], "Not in use", self._opened, self._middle, active=False)
        self._write("ticket_fields", self._middle, idle)
        fields = [FIRST_FIELD + number for number in range(len(FIELDS))]
        for position, (form, name) in enumerate(((DEFAULT_FORM, "Default"), (FORMS["web"], "نموذج الويب")), start=1):
            record = records.ticket_form(form, name, position, self._opened, fields)
            self._write("ticket_forms", self._opened, record)

    def _add_organization(self, key: int, at: datetime) -> None:
        name = f"{NAMES[key % len(NAMES)]} {key}"
        self._organizations.append(records.organization(key, name, at, at, {"tier": "gold", "seats": key % 9}))
        self._write("organizations", at, self._organizations[-1])

    def _change_organization(self, position: int, at: datetime) -> None:
        """Rename it, or, where no ticket refers to it, delete it."""
        record = self._organizations[position]
        if "deleted_at" in record:
            return
        if position >= FIRST_ORGANIZATIONS and self._rng.random() < 0.4:
            changed = records.deleted_organization(record, at)
        else:
            changed = {**record, "name": f"{record['name']} & Co", "updated_at": stamp(at)}
        self._organizations[position] = changed
        self._write("organizations", at, changed)

    def _write(self, stream: str, at: datetime, record: Record) -> None:
        self._sink.version(f"zendesk/{stream}", self._plan.settle(at), record)
