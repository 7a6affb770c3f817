"""Build the marts as a candidate, check the candidate, and only then make it what everybody sees."""

from datetime import timedelta

from airflow.sdk import DAG, task

from cx_etl import airflow_io
from cx_etl.sources import enabled_accounts

with DAG(
    dag_id="publish_marts",
    schedule=airflow_io.when_all_landed([account.id for account in enabled_accounts()]),
    tags=["marts"],
    doc_md="Builds, checks and publishes the marts when all sources of a night have landed. "
    "A critical expectation that fails keeps the last publication current. With `[gate] approval_hours` in cx.toml a "
    "build with warnings waits for a person's word.",
    **airflow_io.dag_defaults("Publish marts", limit=timedelta(hours=2)),
) as publish_marts:

    @task
    def build_marts(**context) -> dict:
        """Build staging, intermediate and the candidate version of every mart with dbt; readers see none of it."""
        from cx_etl.transform import build

        return build(airflow_io.night(context)).as_dict()

    @task
    def quality_gate(built: dict) -> dict:
        """Check the candidate; a critical expectation that fails stops here, a warning goes on and is told."""
        from cx_etl.gate import check

        return check(built["build_id"]).as_dict()

    # A person's word is asked for only of a build with warnings: where it is not, that task is skipped, not failed.
    @task(outlets=[airflow_io.MARTS], execution_timeout=timedelta(minutes=10), trigger_rule="none_failed")
    def publish(checked: dict, **context) -> dict:
        """Make the checked candidate current: one row, all marts in the same instant."""
        from cx_etl.publish import publish

        report = publish(checked["build_id"]).as_dict()
        context["outlet_events"][airflow_io.MARTS].extra = {"publication_id": report["publication_id"]}
        return report

    @task(execution_timeout=timedelta(hours=1))
    def prune() -> dict:
        """Remove the rows that only publications beyond the retention show."""
        from cx_etl.retention import prune

        return prune().as_dict()

    checked = quality_gate(build_marts())
    published = publish(checked)
    published >> prune()
    if airflow_io.asks_about_warnings():
        airflow_io.ask_about_warnings(checked, published)
