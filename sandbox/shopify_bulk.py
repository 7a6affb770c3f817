"""Shopify bulk operations: a query runs in the background and leaves a file of JSON lines.

A job takes two polls (CREATED, RUNNING, COMPLETED), so that clients must poll and tests need not wait. Children are
lines of their own behind their parents, not next to them, unless ``groupObjects`` asks for that. Its file is there for
seven days of the sandbox's clock.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.responses import Response

from sandbox.clock import Clock
from sandbox.dataset import Record, World, iso_of
from sandbox.shopify_records import Row

CONCURRENT = 5
PART = 200
# A job nobody polls ends by itself, so that a client that was killed does not block the next five.
UNATTENDED_SECONDS = 5.0
FILES_LIVE = timedelta(days=7)
EXPIRED = "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"


@dataclass
class Window:
    """The part of the root connection that one execution walks; ``rows`` is found by the first."""

    start: int = 0
    rows: list[Row] | None = None

    def part(self, find: Callable[[], list[Row]]) -> list[Row]:
        if self.rows is None:
            self.rows = find()
        return self.rows[self.start : self.start + PART]


Execute = Callable[[Window], Record]


@dataclass
class Job:
    """One bulk operation. ``lines`` and the counts are complete once ``task`` is done."""

    number: int
    query: str
    clock: Clock
    created_at: datetime
    host: str
    is_grouped: bool
    error_code: str | None = None
    polls: int = 0
    is_cancelled: bool = False
    lines: list[bytes] = field(default_factory=list)
    roots: int = 0
    started: float = field(default_factory=time.monotonic)
    task: "asyncio.Task[None] | None" = None

    @property
    def is_due(self) -> bool:
        return self.polls >= 2 or time.monotonic() - self.started > UNATTENDED_SECONDS

    @property
    def status(self) -> str:
        if self.is_cancelled:
            return "CANCELED"
        if not (self.is_due and self.task is not None and self.task.done()):
            return "RUNNING" if self.polls else "CREATED"
        if self.error_code:
            return "FAILED"
        return "EXPIRED" if self.has_expired else "COMPLETED"

    @property
    def has_expired(self) -> bool:
        return self.clock.now >= self.created_at + FILES_LIVE


def jobs_of(world: World) -> dict[str, Job]:
    jobs: dict[str, Job] = world.memory.setdefault("shopify jobs", {})
    return jobs


def start(
    world: World, query: str, reasons: list[str], execute: Execute, is_grouped: bool, host: str, is_denied: bool
) -> Record:
    """The payload of ``bulkOperationRunQuery``: a started job or user errors. A denied job fails when it runs."""
    jobs = jobs_of(world)
    running = [job for job in jobs.values() if job.status in ("CREATED", "RUNNING")]
    if reasons:
        return refusal([{"field": ["query"], "message": text, "code": "INVALID"} for text in reasons])
    if len(running) >= CONCURRENT:
        text = "A bulk query operation for this app and shop is already in progress"
        return refusal([{"field": None, "message": f"{text}: {CONCURRENT}.", "code": "OPERATION_IN_PROGRESS"}])
    job = Job(len(jobs) + 1, query, world.clock, world.clock.now, host, is_grouped)
    rule = world.faults.take("shopify", "_bulk", {"bulk_failed"})
    job.error_code = "ACCESS_DENIED" if is_denied else rule.error_code if rule else None
    jobs[f"gid://shopify/BulkOperation/{job.number}"] = job
    work = asyncio.sleep(0) if is_denied else export(job, execute)
    job.task = asyncio.get_running_loop().create_task(work)
    return {"bulkOperation": shown(job), "userErrors": []}


def refusal(errors: list[Record]) -> Record:
    return {"bulkOperation": None, "userErrors": errors}


async def export(job: Job, execute: Execute) -> None:
    """Walk the root connection in parts, letting other requests in between."""
    window = Window()
    while window.rows is None or window.start < len(window.rows):
        result = execute(window)
        if result.get("errors"):
            job.error_code, job.lines = "INTERNAL_SERVER_ERROR", [*job.lines, msgspec.json.encode(result["errors"])]
            return
        add_lines(job, result["data"])
        window.start += PART
        await asyncio.sleep(0)


def add_lines(job: Job, data: Record) -> None:
    """Append the lines of one part: parents before children, in families if the job groups them."""
    families = [split(node, None) for value in data.values() for node in nodes_of(value)]
    job.roots += len(families)
    if job.is_grouped:
        job.lines.extend(msgspec.json.encode(line) for family in families for line in family)
        return
    job.lines.extend(msgspec.json.encode(family[0]) for family in families)
    job.lines.extend(msgspec.json.encode(child) for family in families for child in family[1:])


def split(node: Record, parent: str | None) -> list[Record]:
    """A node as a line without its connections, and the lines of their nodes behind it."""
    own: Record = {}
    children: list[Record] = []
    for key, value in node.items():
        if is_connection(value):
            children.extend(line for child in nodes_of(value) for line in split(child, node["id"]))
        elif isinstance(value, dict) and any(map(is_connection, value.values())):
            own[key], *lines = split(value, None)
            children.extend(lines)
        else:
            own[key] = value
    if parent is not None:
        own["__parentId"] = parent
    return [own, *children]


def is_connection(value: Any) -> bool:
    return isinstance(value, dict) and ("edges" in value or "nodes" in value)


def nodes_of(connection: Record) -> list[Record]:
    return connection["nodes"] if "nodes" in connection else [edge["node"] for edge in connection["edges"]]


def shown(job: Job) -> Record:
    """The job as the vendor shows it; an export without rows has no file."""
    is_done, is_over = job.status == "COMPLETED", job.status in ("COMPLETED", "FAILED", "EXPIRED")
    size = sum(len(line) + 1 for line in job.lines)
    file = f"{job.host}/shopify/_bulk/{job.number}" if is_over and job.lines else None
    return {
        "id": f"gid://shopify/BulkOperation/{job.number}",
        "type": "QUERY",
        "status": job.status,
        "errorCode": job.error_code if job.status == "FAILED" else None,
        "createdAt": iso_of(job.created_at),
        "completedAt": iso_of(job.created_at) if is_over else None,
        "objectCount": str(len(job.lines) if is_over else 0),
        "rootObjectCount": str(job.roots if is_over else 0),
        "fileSize": str(size) if is_done and job.lines else None,
        "url": f"{file}.jsonl" if file and is_done else None,
        "partialDataUrl": f"{file}.partial.jsonl" if file and job.status == "FAILED" else None,
        "query": job.query,
    }


def poll(world: World, key: str) -> Record | None:
    """The job, one poll further."""
    job = jobs_of(world).get(key)
    if job is None:
        return None
    job.polls += 1
    return shown(job)


def cancel(world: World, key: str) -> Record:
    """The payload of ``bulkOperationCancel``; a job that is over cannot be cancelled."""
    job = jobs_of(world).get(key)
    if job is None or job.status not in ("CREATED", "RUNNING"):
        return refusal([{"field": ["id"], "message": "A bulk operation cannot be canceled when it is completed"}])
    job.is_cancelled = True
    return {"bulkOperation": shown(job), "userErrors": []}


def select(world: World, arguments: Record) -> list[Row]:
    """The jobs that match ``status:…`` and ``operation_type:query``, in ascending order."""
    terms = dict(term.split(":", 1) for term in (arguments.get("query") or "").replace(" AND ", " ").split())
    rows = [((job.number,), shown(job)) for job in jobs_of(world).values()]
    wanted = {"status": terms.get("status", "").upper(), "type": terms.get("operation_type", "").upper()}
    return [row for row in rows if all(not value or row[1][name] == value for name, value in wanted.items())]


async def settle(world: World) -> None:
    """Let jobs finish that the next poll will call complete."""
    for job in jobs_of(world).values():
        if job.polls and job.task is not None:
            await job.task


def serve_file(name: str, world: World) -> Response:
    """A job's result, or the first half of a failed one's; whoever knows the address may have it."""
    number, _, part = name.partition(".")
    job = jobs_of(world).get(f"gid://shopify/BulkOperation/{number}")
    if job is not None and job.has_expired:
        return Response(EXPIRED, 400, media_type="application/xml")
    if job is None or job.status != ("FAILED" if part else "COMPLETED"):
        return Response("<Error><Code>NoSuchKey</Code></Error>", 404, media_type="application/xml")
    lines = job.lines[: len(job.lines) // 2] if part else job.lines
    return Response(b"".join(line + b"\n" for line in lines), media_type="application/jsonl")
