"""Business hours: the schedules of an account, and the holidays of each."""

from cx_etl.errors import RetriableError
from cx_etl.sources.base import NOTHING, Answer, Page, Request
from cx_etl.sources.zendesk import paging

SCHEDULES = "/api/v2/business_hours/schedules.json"


def read_holidays(answer: Answer) -> Page:
    """The schedules are listed first; each one's holidays follow."""
    request = answer.request
    if request.path == SCHEDULES:
        return _holidays_of_schedules(answer)
    if answer.status in paging.NOT_IN_PLAN:
        return paging.not_in_plan(answer)
    body = answer.decoded()
    if f"/{request.context['schedule_id']}/" not in body.get("url", request.path):
        raise RetriableError(f"zendesk {request.path}: the answer is of another schedule: {body['url']}", "run again")
    return Page(len(body["holidays"]))


def _holidays_of_schedules(answer: Answer) -> Page:
    page = paging.read_whole_list("schedules")(answer)
    if page.note:
        return page
    found = (schedule["id"] for schedule in answer.decoded()["schedules"])
    holidays = (
        Request(SCHEDULES.replace(".json", f"/{id}/holidays.json"), context={"schedule_id": str(id)}, accepts=(404,))
        for id in found
    )
    return Page(0, (*page.next, *holidays), bodies=NOTHING)
