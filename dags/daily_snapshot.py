"""The daily report, from published data only, when a night's marts are published."""

from datetime import timedelta

from airflow.sdk import DAG, task

from cx_etl import airflow_io

with DAG(
    dag_id="daily_snapshot",
    schedule=airflow_io.when_published(),
    tags=["snapshot"],
    doc_md="Renders the night's snapshot from its publication.",
    **airflow_io.dag_defaults("Daily snapshot", limit=timedelta(minutes=30)),
) as daily_snapshot:

    @task
    def render_snapshot(**context) -> dict:
        """Render the report of the publication that the marts asset announced, or of the night's newest one."""
        from cx_etl.snapshot import render

        return render(airflow_io.publication(context)).as_dict()

    render_snapshot()
