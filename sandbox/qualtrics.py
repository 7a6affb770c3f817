"""Qualtrics: the list of surveys, and responses by export jobs that are started, polled and fetched as a zip.

The flow follows what independent clients of the vendor agree on. An export is the world as of its start. It is polled
three times: half done, all done but without a file, complete. Times are the account's own unless ``timeZone`` is UTC.
"""

import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.dataset import Record, StreamSpec, Version, World, json_response
from sandbox.qualtrics_files import FORMATS
from sandbox.zips import zipped

LIST_PAGE = 100
# Where the account's users are, for an export that names no zone.
ACCOUNT_ZONE = ZoneInfo("America/Denver")
FILE_SECONDS = 3600
CALLS_PER_MINUTE = 3000
NAMES = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
JOB = re.compile(r"surveys/(\w+)/export-responses(?:/([\w-]+))?(/file)?")


class SurveyKeys(msgspec.Struct, gc=False):
    id: str


class Values(msgspec.Struct, gc=False, rename="camel"):
    recorded_date: datetime | None = None
    finished: int = 1


class ResponseKeys(msgspec.Struct, gc=False):
    id: str = msgspec.field(name="responseId")
    values: Values = msgspec.field(default_factory=Values)


STREAMS = (StreamSpec("qualtrics/surveys", SurveyKeys), StreamSpec("qualtrics/responses", ResponseKeys))


@dataclass
class Job:
    """An export: its file is made when it starts, and given out when it has been asked after often enough."""

    survey: str
    content: bytes
    media_type: str
    file: str
    made: float
    asked: int = 0


class Refused(Exception):
    """What the vendor answers with an error of that status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def answer(request: Request, world: World) -> Response:
    """One call of the API: login, credentials, limit, then the endpoint."""
    path = request.url.path.removeprefix("/qualtrics/")
    if path == "oauth2/token":
        return json_response({"access_token": "fetched", "token_type": "Bearer", "expires_in": 3599})
    try:
        if not (request.headers.get("x-api-token") or request.headers.get("authorization") == "Bearer fetched"):
            raise Refused(401, "Unrecognized X-API-TOKEN.")
        if world.limited and world.calls.take("qualtrics", CALLS_PER_MINUTE, 60)[0] > CALLS_PER_MINUTE:
            raise Refused(429, "Too many requests.")
        return await serve(path.removeprefix("API/v3/"), request, world)
    except Refused as error:
        told = {"errorMessage": str(error), "errorCode": f"SBX_{error.status}"}
        return json_response({"meta": {**meta(error.status), "error": told}}, error.status)


def meta(status: int) -> Record:
    return {"requestId": secrets.token_hex(8), "httpStatus": f"{status} - {NAMES.get(status, 'OK')}"}


def result(content: Any) -> Response:
    return json_response({"result": content, "meta": meta(200)})


async def serve(path: str, request: Request, world: World) -> Response:
    """The user, the list of surveys, one survey, or a step of an export."""
    if path == "whoami":
        return result({"brandId": "sandbox", "userId": "UR_1", "userName": "robot@sandbox"})
    if path == "surveys":
        return result(list_surveys(request, world))
    found = JOB.fullmatch(path)
    survey = found[1] if found else path.removeprefix("surveys/")
    live = world.stream("qualtrics/surveys").live(world.clock.unix).get(survey)
    if live is None:
        raise Refused(404, "The requested resource does not exist.")
    if found is None:
        return result(live.decode())
    if found[3]:
        return file_of(survey, found[2], world)
    if found[2]:
        return result(progress(survey, found[2], request.url.path, world))
    return result(start(live, await request.json(), world))


def id_order(version: Version) -> tuple[str]:
    return (version.keys.id,)


def list_surveys(request: Request, world: World) -> Record:
    """A page of the surveys, and the address of the next one or null."""
    offset = int(request.query_params.get("offset") or 0)
    rows = world.stream("qualtrics/surveys").rows(world.clock.unix, id_order)
    end = offset + LIST_PAGE
    address = f"{request.url.scheme}://{request.url.netloc}{request.url.path}?offset={end}"
    elements = [version.raw for version in rows[offset:end]]
    return {"elements": elements, "nextPage": address if end < len(rows) else None}


def start(survey: Version, asked: Record, world: World) -> Record:
    """Make the export of the survey as of now."""
    if asked.get("format") not in FORMATS:
        raise Refused(400, f"Invalid format: {sorted(FORMATS)} are served.")
    records = [shown(version, asked) for version in exported(survey.keys.id, asked, world)]
    name = f"{survey.decode()['name']}.{asked['format']}"
    content, media_type = FORMATS[asked["format"]](records), "application/octet-stream"
    if asked.get("compress", True):
        content, media_type = zipped(name, content), "application/zip"
    number = f"ES_{secrets.token_hex(8)}"
    jobs(world)[number] = Job(survey.keys.id, content, media_type, secrets.token_hex(16), time.monotonic())
    return {"progressId": number, "percentComplete": 0.0, "status": "inProgress"}


def exported(survey: str, asked: Record, world: World) -> list[Version]:
    """The survey's responses in the window: by when they were recorded, or by when they were last modified."""
    clock = modified if asked.get("sortByLastModifiedDate") else recorded
    begin, end = instant(asked.get("startDate")), instant(asked.get("endDate"))
    is_finished = not asked.get("exportResponsesInProgress", False)
    rows = [
        version
        for version in world.stream("qualtrics/responses").live(world.clock.unix).values()
        if version.form_id == survey
        and bool(version.keys.values.finished) == is_finished
        and (begin is None or clock(version) >= begin)
        and (end is None or clock(version) < end)
    ]
    return sorted(rows, key=lambda version: (clock(version), version.keys.id))


def modified(version: Version) -> float:
    """A version came to be when it was modified."""
    return version.at


def recorded(version: Version) -> float:
    at = version.keys.values.recorded_date
    return at.timestamp() if at else 0.0


def instant(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None


def shown(version: Version, asked: Record) -> Record:
    """The response with times in the asked zone, words instead of values if they are wanted."""
    record = version.decode()
    values = dict(record["values"])
    if asked.get("sortByLastModifiedDate"):
        values["lastModifiedDate"] = datetime.fromtimestamp(version.at, UTC).isoformat()
    if asked.get("useLabels"):
        values |= record["labels"]
    for name in ("startDate", "endDate", "recordedDate", "lastModifiedDate"):
        if values.get(name):
            values[name] = in_zone(values[name], asked.get("timeZone"))
    return {**record, "values": values}


def in_zone(text: str, zone: str | None) -> str:
    """The time in UTC with its mark, or in the account's own zone without one."""
    moment = datetime.fromisoformat(text)
    if zone == "UTC":
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.astimezone(ACCOUNT_ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def jobs(world: World) -> dict[str, Job]:
    return world.memory.setdefault("qualtrics exports", {})


def progress(survey: str, number: str, path: str, world: World) -> Record:
    """How far the export is. At 100 percent the file is not there yet."""
    job = jobs(world).get(number)
    if job is None or job.survey != survey:
        raise Refused(404, "The requested resource does not exist.")
    if rule := world.faults.take("qualtrics", path, {"bulk_failed"}):
        error = {"errorCode": rule.error_code, "errorMessage": "The export failed."}
        return {"percentComplete": 50.0, "status": "failed", "fileId": None, "error": error}
    job.asked += 1
    if job.asked < 3:
        return {"percentComplete": job.asked * 50.0, "status": "inProgress", "fileId": None}
    return {"percentComplete": 100.0, "status": "complete", "fileId": job.file}


def file_of(survey: str, file: str, world: World) -> Response:
    """The file of a complete export, until it expires."""
    for job in jobs(world).values():
        if (job.survey, job.file) == (survey, file) and time.monotonic() < job.made + FILE_SECONDS:
            return Response(job.content, media_type=job.media_type)
    raise Refused(404, "The file does not exist or has expired.")
