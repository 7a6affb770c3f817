"""The people of the world, and how their e-mail address looks in different systems."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sandbox.generator.plan import Plan

PLACES = {
    "en": ("GB", "ENG", "Manchester", ("Alice Shaw", "Oliver O'Brien", "Zoë Carter", "Jack Ellis")),
    "pt": ("PT", "PT-11", "Lisboa", ("João Conceição", "Inês Gonçalves", "Tomás Araújo", "Mafalda Simões")),
    "ar": ("AE", "AE-DU", "دبي", ("ليلى حسن", "عمر الفارسي", "نور السيد", "يوسف خليل")),
    "ur": ("PK", "PK-PB", "لاہور", ("عائشہ خان", "بلال احمد", "زینب ملک", "حمزہ قریشی")),
    "pa": ("IN", "IN-PB", "ਅੰਮ੍ਰਿਤਸਰ", ("ਹਰਪ੍ਰੀਤ ਸਿੰਘ", "ਸਿਮਰਨ ਕੌਰ", "ਗੁਰਪ੍ਰੀਤ ਗਿੱਲ", "ਜਸਲੀਨ ਸੰਧੂ")),
    "te": ("IN", "IN-TG", "హైదరాబాద్", ("లక్ష్మి రావు", "వెంకట రెడ్డి", "అనిత కుమారి", "సురేష్ బాబు")),
}
LANGUAGES = tuple(PLACES)
LANGUAGE_WEIGHTS = (34, 30, 12, 9, 7, 8)


@dataclass(frozen=True)
class Person:
    """Someone who buys. ``email`` is the address in lower case; guests may have none."""

    index: int
    name: str
    language: str
    email: str | None
    has_account: bool
    weight: float
    joined: date
    left: date

    @property
    def place(self) -> tuple[str, str, str]:
        country, province, city, _ = PLACES[self.language]
        return country, province, city


def make_people(plan: Plan, rng: Random) -> list[Person]:
    """As many people as the plan says; they join and leave over time, and few of them buy most."""
    return [_person(index, plan, rng) for index in range(plan.customers)]


def _person(index: int, plan: Plan, rng: Random) -> Person:
    language = rng.choices(LANGUAGES, LANGUAGE_WEIGHTS)[0]
    has_account = rng.random() < 0.75
    has_email = has_account or rng.random() < 0.8
    joined = plan.first_night + timedelta(days=round(rng.uniform(-0.25, 0.95) * plan.nights))
    return Person(
        index=index,
        name=rng.choice(PLACES[language][3]),
        language=language,
        email=f"customer.{index}@{language}.mail.example" if has_email else None,
        has_account=has_account,
        weight=rng.gammavariate(1.1, 1.0) + 0.2,
        joined=joined,
        left=joined + timedelta(days=round(rng.expovariate(1 / 420)) + 1),
    )


def written(email: str | None, rng: Random) -> str | None:
    """The address as someone typed it: in any case, sometimes with blanks around it."""
    if email is None:
        return None
    local, _, domain = email.partition("@")
    forms = (
        email,
        email,
        email,
        email.upper(),
        f"{local.capitalize()}@{domain}",
        f" {email}",
        f"{email} ",
        f"{local.title()}@{domain.title()} ",
    )
    return rng.choice(forms)
