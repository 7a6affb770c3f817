"""One DAG per enabled account: every stream is extracted and loaded, then the account's night counts as landed."""

from datetime import timedelta

from airflow.sdk import DAG, task

from cx_etl import airflow_io
from cx_etl.sources import Account, enabled_accounts


def extract_and_load(account: Account, stream: str, planned: list[str]) -> dict:
    """Wire one stream: the plan, landing, then raw. Returns what the load task reports."""

    @task(task_id=f"extract_{stream}")
    def extract(planned: list[str], **context) -> dict:
        """Land what the stream changed in the night's window; fails when the window cannot be proven complete."""
        from cx_etl.extract import extract

        connection = airflow_io.connection(account.id)
        return extract(account.label, stream, airflow_io.night(context), connection).as_dict()

    @task(task_id=f"load_{stream}")
    def load(extracted: dict, **context) -> dict:
        """Decode the landed records against the contract into raw; the watermark moves in the same transaction."""
        from cx_etl.load import load

        connection = airflow_io.connection(account.id)
        return load(account.label, stream, airflow_io.night(context), extracted["run_id"], connection).as_dict()

    return load(extract(planned))


def extract_dag(account: Account) -> DAG:
    """The DAG of one account of a source."""
    asset = airflow_io.landed(account.id)
    with DAG(
        dag_id=f"extract_{account.id}",
        schedule=airflow_io.nightly(),
        tags=["extract", account.source.name],
        doc_md=f"Extracts and loads **{account.label}**, one night per run. The partition key is the night.",
        **airflow_io.dag_defaults(f"Extract {account.label}", limit=timedelta(hours=2)),
    ) as dag:

        @task(
            task_id="night_landed",
            outlets=[asset],
            pool=airflow_io.LANDING_POOL,
            execution_timeout=timedelta(minutes=5),
        )
        def night_landed(loads: list[dict], **context) -> dict:
            """Say that every stream of the account has this night, which is what the marts wait for."""
            rows = {load["stream"]: load["read"] for load in loads}
            context["outlet_events"][asset].extra = {"rows": rows}
            return rows

        @task(task_id="plan_quota", execution_timeout=timedelta(minutes=5))
        def plan_quota() -> list[str]:
            """Compare the calls that the night needs with what the vendor allows, before the first call."""
            from cx_etl import quota

            return quota.as_text(quota.require_room(account)).splitlines()

        planned = plan_quota()
        night_landed([extract_and_load(account, stream.name, planned) for stream in account.source.streams])
    return dag


for _account in enabled_accounts():
    globals()[f"extract_{_account.id}"] = extract_dag(_account)
