"""Airflow's REST API, as far as running nights needs it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import httpx

from cx_etl.errors import CxError

_PATIENCE = 60.0


@dataclass(frozen=True)
class Run:
    """One run of a DAG."""

    dag_id: str
    run_id: str
    state: str
    started: datetime | None


@dataclass(frozen=True)
class Step:
    """One task of a run, as it stands now."""

    dag_id: str
    run_id: str
    task_id: str
    state: str
    seconds: float | None
    attempt: int
    started: datetime | None

    @property
    def name(self) -> str:
        return f"{self.dag_id}.{self.task_id}"


class AirflowApi:
    """Talks as the stack's admin; sits out restarts of the API server up to a minute."""

    def __init__(self, url: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=20, trust_env=False)
        self._password = password

    def __enter__(self) -> "AirflowApi":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def health(self) -> dict[str, str]:
        """State of each of Airflow's parts; empty while the API server does not answer."""
        try:
            answer = self._client.get("/api/v2/monitor/health").raise_for_status().json()
        except httpx.HTTPError:
            return {}
        return {part: str((facts or {}).get("status")) for part, facts in answer.items()}

    def dag_ids(self) -> set[str]:
        """The DAGs that the scheduler knows."""
        return {dag["dag_id"] for dag in self._ask("GET", "/api/v2/dags", params={"limit": 100})["dags"]}

    def import_errors(self) -> list[str]:
        """What is wrong with DAG files, one text per file."""
        found = self._ask("GET", "/api/v2/importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in found]

    def ensure_pool(self, name: str, slots: int, why: str) -> None:
        """After this there is a pool of that name; one that is there already is left as it is."""
        if name not in {pool["name"] for pool in self._ask("GET", "/api/v2/pools", params={"limit": 100})["pools"]}:
            body = {"name": name, "slots": slots, "description": why, "include_deferred": False}
            self._ask("POST", "/api/v2/pools", json=body)

    def trigger(self, dag_id: str, night: date) -> None:
        """After this a run of the DAG for that night is queued."""
        body = {"logical_date": None, "partition_key": night.isoformat()}
        self._ask("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)

    def latest_runs(self, night: date) -> dict[str, Run]:
        """The newest run of each DAG that has one for that night."""
        wanted = {"partition_key_pattern": night.isoformat(), "order_by": "run_after", "limit": 100}
        runs = self._ask("GET", "/api/v2/dags/~/dagRuns", params=wanted)["dag_runs"]
        return {
            run["dag_id"]: Run(run["dag_id"], run["dag_run_id"], run["state"], _instant(run["start_date"]))
            for run in runs
            if run["partition_key"] == night.isoformat()
        }

    def steps(self, runs: Iterable[Run]) -> list[Step]:
        """All tasks of these runs, in the order in which they started; those not started yet come last."""
        ids = {(run.dag_id, run.run_id) for run in runs}
        body = {"dag_run_ids": [run_id for _, run_id in ids], "page_limit": 1000}
        found = self._ask("POST", "/api/v2/dags/~/dagRuns/~/taskInstances/list", json=body)["task_instances"]
        steps = [_step(task) for task in found if (task["dag_id"], task["dag_run_id"]) in ids]
        return sorted(steps, key=lambda step: (step.started is None, step.started, step.dag_id))

    def _ask(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self._patiently(lambda: self._client.request(method, path, **arguments))
        if answer.status_code == 401:
            self._log_in()
            answer = self._patiently(lambda: self._client.request(method, path, **arguments))
        if answer.is_error:
            raise CxError(f"Airflow refused {method} {path}: {answer.status_code} {answer.text[:300]}")
        return dict(answer.json())

    def _log_in(self) -> None:
        login = {"username": "admin", "password": self._password}
        answer = self._patiently(lambda: self._client.post("/auth/token", json=login))
        answer.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _patiently(self, request: Callable[[], httpx.Response]) -> httpx.Response:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return request()
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise CxError(
                        f"Airflow does not answer at {self._client.base_url}: {error}",
                        next_step="read var/log/airflow-api-server.log, or run `make down` and start again",
                    ) from error
                time.sleep(1)


def _step(task: dict[str, Any]) -> Step:
    return Step(
        task["dag_id"],
        task["dag_run_id"],
        task["task_id"],
        task["state"] or "waiting",
        task["duration"],
        task["try_number"],
        _instant(task["start_date"]),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
