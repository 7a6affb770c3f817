"""The sandbox server: ``python -m sandbox.server --dataset DIR --port N [--limits none|vendor] [--faults FILE]``."""

import argparse
import time
import tomllib
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import (
    asknicely,
    freshdesk,
    ga4,
    gorgias,
    hootsuite,
    qualtrics,
    shiprocket,
    shopify,
    surveymonkey,
    typeform,
    woocommerce,
    zendesk,
)
from sandbox.clock import Clock
from sandbox.dataset import World, json_response, load_dataset
from sandbox.faults import Faults

SYSTEMS = {
    "zendesk": zendesk,
    "shopify": shopify,
    "asknicely": asknicely,
    "typeform": typeform,
    "woocommerce": woocommerce,
    "surveymonkey": surveymonkey,
    "qualtrics": qualtrics,
    "freshdesk": freshdesk,
    "gorgias": gorgias,
    "shiprocket": shiprocket,
    "ga4": ga4,
    "hootsuite": hootsuite,
}
METHODS = ["GET", "POST", "PUT", "DELETE"]
Endpoint = Callable[[Request], Awaitable[Response]]


class Setting(msgspec.Struct):
    """Body of ``PUT /_control/clock``."""

    now: datetime


def make_world(folder: Path, limited: bool = False) -> World:
    """Everything a server needs, read once; the clock stands where the dataset's last night would be extracted."""
    dataset = load_dataset(folder, [spec for system in SYSTEMS.values() for spec in system.STREAMS])
    clock = Clock(dataset.first_clock())
    return World(dataset, clock, limited, Faults(clock))


def make_app(world: World) -> Starlette:
    """The control endpoints and every vendor under its prefix."""
    routes = [
        Route("/_control/health", dated(world, lambda request: show_health(world)), methods=["GET"]),
        Route("/_control/clock", dated(world, lambda request: use_clock(world, request)), methods=["GET", "PUT"]),
        Route("/_control/faults", dated(world, lambda request: use_faults(world, request)), methods=METHODS),
        Route("/asknicely-files/{token}", vendor(world, "asknicely-files", asknicely.serve_file), methods=["GET"]),
        Route("/v1beta/{rest:path}", vendor(world, "ga4", ga4.answer_unasked), methods=METHODS),
    ]
    for name, system in SYSTEMS.items():
        routes.append(Route(f"/{name}/{{rest:path}}", vendor(world, name, system.answer), methods=METHODS))
    return Starlette(routes=routes)


def dated(world: World, endpoint: Endpoint) -> Endpoint:
    """The endpoint with the sandbox's own ``Date`` on its answer."""

    async def answer(request: Request) -> Response:
        response = await endpoint(request)
        response.headers.setdefault("Date", world.clock.http_date)
        return response

    return answer


def vendor(world: World, name: str, handler: Callable[[Request, World], Awaitable[Response]]) -> Endpoint:
    """A vendor's handler behind the faults."""

    async def answer(request: Request) -> Response:
        return await world.faults.serve(name, request, lambda: handler(request, world))

    return dated(world, answer)


async def show_health(world: World) -> Response:
    """That the server is up, with what it serves."""
    streams = {name: len(stream) for name, stream in world.dataset.streams.items()}
    name = world.dataset.settings.get("name")
    return json_response({"status": "ok", "dataset": name, "now": world.clock.iso, "versions": streams})


async def use_clock(world: World, request: Request) -> Response:
    """Show the clock, or set it first."""
    if request.method == "PUT":
        try:
            world.clock.set(msgspec.json.decode(await request.body(), type=Setting).now)
        except (msgspec.DecodeError, ValueError) as error:
            return json_response({"error": str(error)}, 400)
    return json_response({"now": world.clock.iso})


async def use_faults(world: World, request: Request) -> Response:
    """Add rules, clear them, or list those that are left."""
    if request.method == "DELETE":
        world.faults.clear()
    elif request.method == "POST":
        try:
            world.faults.add(await request.body())
        except (msgspec.DecodeError, ValueError) as error:
            return json_response({"error": str(error)}, 400)
    return json_response({"faults": world.faults.rules})


def make_server(world: World, port: int, host: str = "127.0.0.1") -> uvicorn.Server:
    """A server that adds no header of its own, so that ``Date`` is the sandbox's."""
    config = uvicorn.Config(
        make_app(world), host=host, port=port, access_log=False, date_header=False, server_header=False,
        log_level="warning", lifespan="off",
    )  # fmt: skip
    return uvicorn.Server(config)


def main() -> None:
    """Load the dataset, say so in one line, and serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.server", description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--limits", choices=["none", "vendor"], default="none")
    parser.add_argument("--faults", type=Path, help="a plan of faults to begin with, such as sandbox/faults.toml")
    options = parser.parse_args()
    start = time.monotonic()
    world = make_world(options.dataset, options.limits == "vendor")
    if options.faults:
        world.faults.add(msgspec.json.encode(tomllib.loads(options.faults.read_text(encoding="utf-8"))["fault"]))
    total = sum(len(stream) for stream in world.dataset.streams.values())
    print(f"sandbox: {total} versions in {time.monotonic() - start:.1f} s, port {options.port}", flush=True)
    make_server(world, options.port).run()


if __name__ == "__main__":
    main()
