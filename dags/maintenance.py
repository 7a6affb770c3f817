"""Once a week: walk a longer window of every stream than the nights did, repair what they missed, and count it."""

from datetime import timedelta

from airflow.sdk import DAG, task

from cx_etl import airflow_io
from cx_etl.sources import Account, enabled_accounts


def reconcile_stream(account: Account, stream: str) -> None:
    """Wire the walk of one stream."""

    @task(task_id=f"reconcile_{account.id}_{stream}")
    def reconcile() -> dict:
        """Find records, changes and deletions that the nights missed; bring them in; report the miss rate."""
        from cx_etl.reconcile import reconcile

        return reconcile(account.label, stream, airflow_io.connection(account.id)).as_dict()

    reconcile()


with DAG(
    dag_id="reconcile",
    schedule=airflow_io.weekly(),
    tags=["maintenance"],
    doc_md="Walks a longer window of every stream than the nights did, repairs what they missed and reports how much "
    "that was: the measured miss rate of the nightly path.",
    **airflow_io.dag_defaults("Reconcile", limit=timedelta(hours=6)),
) as reconcile:
    for _account in enabled_accounts():
        for _stream in _account.reconcilable:
            reconcile_stream(_account, _stream.name)
