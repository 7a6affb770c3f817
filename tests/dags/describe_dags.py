"""Prints what the tests want to know of the DAG files as JSON; run in a process of its own."""

import json
import sys
from pathlib import Path
from typing import Any

HEAVY = ("dbt", "great_expectations", "pandas", "numpy", "altair", "vl_convert", "graphql")


def describe(folder: Path) -> dict[str, Any]:
    """The DAGs of the folder, and which heavy packages parsing them brought in."""
    import airflow.sdk  # noqa: F401  (what Airflow itself brings in is not the DAG files' doing)
    from airflow.dag_processing.dagbag import DagBag

    before = set(sys.modules)
    bag = DagBag(dag_folder=str(folder), bundle_path=folder, bundle_name="dags-folder")
    brought = sorted({name.split(".")[0] for name in set(sys.modules) - before} & set(HEAVY))
    return {
        "errors": bag.import_errors,
        "heavy": brought,
        "dags": {dag_id: _dag(dag) for dag_id, dag in bag.dags.items()},
    }


def _dag(dag: Any) -> dict[str, Any]:
    return {
        "tags": sorted(dag.tags),
        "doc": dag.doc_md,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "timetable": type(dag.timetable).__name__,
        "tasks": {task.task_id: _task(task) for task in dag.tasks},
    }


def _task(task: Any) -> dict[str, Any]:
    return {
        "owner": task.owner,
        "pool": task.pool,
        "doc": task.doc_md,
        "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
        "retries": task.retries,
        "retry_rules": [[str(rule.exception), rule.action.value] for rule in task.retry_policy.rules],
        "upstream": sorted(task.upstream_task_ids),
        "outlets": [outlet.name for outlet in task.outlets],
    }


if __name__ == "__main__":
    print("\n" + json.dumps(describe(Path(sys.argv[1]))))
