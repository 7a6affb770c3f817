"""The DAG files, parsed by Airflow itself against a throw-away metadata database."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def airflow_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an Airflow that knows this project and nothing else."""
    home = tmp_path_factory.mktemp("airflow")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "CX_", "PYTHONDONTWRITE"))}
    return {
        **kept,
        "CX_STACK_FILE": os.environ["CX_STACK_FILE"],
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }
