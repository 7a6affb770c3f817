"""Hootsuite's answers beside records: what is wrong with them, how many calls are left, what the doctor hears."""

from datetime import datetime, timedelta

from cx_etl.errors import ConfigError, CxError, RestartError, RetriableError
from cx_etl.sources.base import Answer, Budget, Probe, Quota, Request

PROFILES, ME = "/v1/socialProfiles", "/v1/me"
# Networks whose profiles have analytics.
NETWORKS = (
    *("FACEBOOKPAGE", "TWITTER", "INSTAGRAMBUSINESS", "TIKTOKBUSINESS", "YOUTUBECHANNEL", "PINTEREST", "THREADS"),
)
# How a request is refused that is wrong, or that asks for what lies too far back by now.
REFUSED = (400, 422)
CALLS_PER_DAY, CALLS_PER_SECOND = 100_000, 20


def check(answer: Answer) -> None:
    """A good answer may hold data and errors: then it is not whole. Raises naming what is missing from it."""
    body = answer.decoded()
    errors = body.get("errors") if isinstance(body, dict) and answer.status not in REFUSED else None
    for error in errors or []:
        of = error.get("resource") or {}
        raise RetriableError(
            f"hootsuite {answer.request.path}: only a part was answered: {error.get('message')} "
            f"(code {error.get('code')}, {of.get('type')} {of.get('id')})",
            "run again; if it stays, reconnect the profile in Hootsuite, or name it in [options.hootsuite] "
            "excluded_profiles to go on without its analytics",
        )


def refusal(answer: Answer, is_outdated: bool) -> CxError:
    """What a refused request comes to. A run that goes on after days may ask for what is out of reach by now."""
    told = f"hootsuite {answer.request.path}: {answer.status} {answer.body[:200].decode(errors='replace')}"
    if is_outdated:
        return RestartError(f"{told}: the run began too long ago", "run again")
    return CxError(told, "the request is wrong: see the vendor's changelog")


def told_at(answer: Answer) -> datetime:
    """When the vendor gave the answer, by its own clock."""
    from cx_etl.http import observed_at

    return observed_at(answer)


def quota(answer: Answer) -> Quota | None:
    """Calls left today, or in this second when that is over. What a refusal without these means is not told."""
    try:
        allowed = int(answer.headers["x-account-quota"].split()[0])
        used = int(answer.headers["x-account-quota-used"])
    except (KeyError, IndexError, ValueError):
        return None
    if used >= allowed:
        return Quota(0, allowed, 1, _until_midnight(answer))
    if answer.status == 429 or answer.headers.get("x-account-rate-limit-requests-remaining") == "0":
        return Quota(0, CALLS_PER_SECOND, 1, 1.0)
    return Quota(allowed - used, allowed)


def _until_midnight(answer: Answer) -> float:
    """The vendor does not say when its day begins; midnight in UTC is an assumption."""
    now = told_at(answer)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - now).total_seconds()


def _judge_member(answer: Answer) -> str:
    member = answer.decoded()["data"]
    return f"logged in as {member.get('fullName') or member['id']}"


def _judge_profiles(answer: Answer) -> str:
    profiles = answer.decoded()["data"]
    lost = [f"{each['type']} {each['id']}" for each in profiles if each.get("isReauthRequired")]
    if lost:
        raise ConfigError(
            f"disconnected: {', '.join(lost)}", "reconnect them in Hootsuite: nothing new comes from them"
        )
    without = sorted({each["type"] for each in profiles} - set(NETWORKS))
    return f"{len(profiles)} profiles" + (f"; no analytics for {', '.join(without)}" if without else "")


BUDGETS = (Budget("calls per day", CALLS_PER_DAY, 86_400), Budget("calls per second", CALLS_PER_SECOND, 1))
PROBES = (Probe("login", Request(ME), _judge_member), Probe("profiles", Request(PROFILES), _judge_profiles))
