"""A channel's incoming webhook on real HTTP, by Slack's documents: its limits, its answers, its trouble on demand."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

SECRET = "T0001/B0002/secretOfTheChannel"
HANG_UP, STAND_STILL = "hang up", "stand still"
# A channel answers in HTML's type, as the real one does.
OK = Response("ok", 200, media_type="text/html")


@dataclass
class Channel:
    """What was posted, and what the webhook answers before it agrees: a status and its word, or trouble."""

    port: int = 0
    posted: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    answers: list[Any] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.requests += 1
        if request.path_params["secret"] != SECRET:
            return Response("no_service", 404)
        answer = self.answers.pop(0) if self.answers else OK
        if isinstance(answer, Response) and answer.status_code != 200:
            return answer
        message = await request.json()
        if wrong := list(_broken_rules(message)):
            return Response(f"invalid_blocks: {wrong}", 400)
        self.posted.append(message)
        if answer == STAND_STILL:
            await asyncio.sleep(3)
        if answer == HANG_UP:
            return StreamingResponse(_cut_off(), headers={"content-length": "2"})
        return OK if isinstance(answer, str) else answer


async def _cut_off() -> Any:
    yield b"o"
    raise ConnectionAbortedError


def _broken_rules(message: dict[str, Any]) -> Iterator[str]:
    """Limits of Block Kit: 50 blocks, 1 to 3000 characters a text, 150 a header, 10 elements a context."""
    if not 1 <= len(message["blocks"]) <= 50:
        yield f"{len(message['blocks'])} blocks"
    if not message["text"]:
        yield "no text"
    for block in message["blocks"]:
        if block["type"] not in ("header", "section", "divider", "context"):
            yield block["type"]
        longest = 150 if block["type"] == "header" else 3000
        texts = [block["text"]] if "text" in block else block.get("elements", [])
        if len(texts) > 10 or any(not 1 <= len(text["text"]) <= longest for text in texts):
            yield f"{block['type']} {[len(text['text']) for text in texts]}"


@contextmanager
def open_channel() -> Iterator[Channel]:
    """The webhook while it runs, on a port of its own."""
    channel = Channel()
    app = Starlette(routes=[Route("/services/{secret:path}", channel.take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    listening = socket.create_server(("127.0.0.1", 0))
    channel.port = listening.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield channel
    server.should_exit = True
    thread.join(timeout=10)
