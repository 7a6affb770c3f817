"""The environment of every process of the embedded stack: what is running where, and with which secrets."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from cx_etl.local.dataset import Dataset
from cx_etl.local.layout import Layout, stack_secrets, write_json
from cx_etl.local.postgres import EmbeddedServer
from cx_etl.local.processes import MARKER
from sandbox import files
from sandbox.connections import EXTRAS, connection

# Set by people for their own Airflow or Python; ours must not pick them up.
_FOREIGN = ("AIRFLOW", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "DBT_")


def cx_environment(layout: Layout, dataset: Dataset, ports: Mapping[str, int]) -> dict[str, str]:
    """What the pipeline itself reads: warehouse, state, dataset and the connections to the sandbox."""
    server = EmbeddedServer(layout.postgres)
    keys = stack_secrets(layout)
    values = {
        "CX_STATE_DIR": str(layout.state(dataset.name)),
        "CX_WAREHOUSE_DSN": server.dsn(dataset.warehouse),
        "CX_WAREHOUSE_BI_DSN": server.dsn(dataset.warehouse, ("cx_bi", keys["bi_password"])),
        "CX_WAREHOUSE_PII_DSN": server.dsn(dataset.warehouse, ("cx_pii", keys["pii_password"])),
        "CX_WAREHOUSE_PUBLISH_DSN": server.dsn(dataset.warehouse, ("cx_publish", keys["publish_password"])),
        "CX_TIME_ZONE": dataset.time_zone,
        "CX_DATASET": str(dataset.directory),
        "CX_SCHEDULE_CRON": "off",
        "CX_RECONCILE_CRON": "off",
        "CX_MAIL_CRON": "off",
    }
    sandbox = f"http://127.0.0.1:{ports['sandbox']}"
    for system in EXTRAS:
        values[f"AIRFLOW_CONN_{system.upper()}"] = json.dumps(connection(system, sandbox, keys["sandbox_password"]))
    for source in files.sources(dataset.directory):
        drop = {"conn_type": "fs", "host": str(layout.drop(dataset.name) / source)}
        values[f"AIRFLOW_CONN_{source.upper()}"] = json.dumps(drop)
    return values


def stack_environment(layout: Layout, dataset: Dataset, ports: Mapping[str, int]) -> dict[str, str]:
    """The whole environment of the supervisor and all below it; it replaces the caller's, it does not extend it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {
        **kept,
        **cx_environment(layout, dataset, ports),
        **_airflow(layout, dataset, ports["airflow"]),
        MARKER: layout.stack_id,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        # Renamed processes would otherwise overwrite their environment, and with it the marker.
        "SPT_NOENV": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def _airflow(layout: Layout, dataset: Dataset, port: int) -> dict[str, str]:
    keys = stack_secrets(layout)
    passwords = layout.airflow_home / "passwords.json"
    write_json(passwords, {"admin": keys["admin_password"]}, mode=0o600)
    metadata = urlsplit(EmbeddedServer(layout.postgres).dsn(dataset.airflow))
    sections = {
        "CORE": _core(layout, port, keys, passwords),
        "DATABASE": {"SQL_ALCHEMY_CONN": metadata._replace(scheme="postgresql+psycopg2").geturl()},
        "API": {
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "BASE_URL": f"http://127.0.0.1:{port}",
            "SECRET_KEY": keys["api_secret_key"],
            "WORKERS": "1",
        },
        "API_AUTH": {"JWT_SECRET": keys["jwt_secret"]},
        "SCHEDULER": {
            "SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "CATCHUP_BY_DEFAULT": "False",
            "ENABLE_HEALTH_CHECK": "False",
        },
        # A task that ends just before its worker waits is noticed only at the worker's next heartbeat (default 5 s).
        "WORKERS": {"MIN_HEARTBEAT_INTERVAL": "1"},
        "DAG_PROCESSOR": {"REFRESH_INTERVAL": "60", "MIN_FILE_PROCESS_INTERVAL": "300"},
        "LOGGING": {"BASE_LOG_FOLDER": str(layout.log / "tasks" / dataset.name), "LOGGING_LEVEL": "INFO"},
        "USAGE_DATA_COLLECTION": {"ENABLED": "False"},
    }
    flat = {
        f"AIRFLOW__{section}__{key}": value for section, keys_of in sections.items() for key, value in keys_of.items()
    }
    return {"AIRFLOW_HOME": str(layout.airflow_home), **flat}


def _core(layout: Layout, port: int, keys: Mapping[str, str], passwords: Path) -> dict[str, str]:
    return {
        "DAGS_FOLDER": str(layout.root / "dags"),
        "PLUGINS_FOLDER": str(layout.root / "plugins"),
        "LOAD_EXAMPLES": "False",
        "EXECUTOR": "LocalExecutor",
        # One idle worker is about 150 MB; two cores do not profit from more than these.
        "PARALLELISM": "4",
        "MAX_ACTIVE_TASKS_PER_DAG": "4",
        "FERNET_KEY": keys["fernet_key"],
        "DAGS_ARE_PAUSED_AT_CREATION": "False",
        "EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
    }
