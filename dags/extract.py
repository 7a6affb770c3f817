"""One DAG per enabled source: every stream is extracted and loaded, then the source's night counts as landed."""

from datetime import timedelta

from airflow.sdk import DAG, task

from cx_etl import airflow_io
from cx_etl.sources import enabled_sources
from cx_etl.sources.base import Source


def extract_and_load(source: str, stream: str) -> dict:
    """Wire one stream: landing first, then raw. Returns what the load task reports."""

    @task(task_id=f"extract_{stream}")
    def extract(**context) -> dict:
        """Land what the stream changed in the night's window; fails when the window cannot be proven complete."""
        from cx_etl.extract import extract

        return extract(source, stream, airflow_io.night(context), airflow_io.connection(source)).as_dict()

    @task(task_id=f"load_{stream}")
    def load(extracted: dict, **context) -> dict:
        """Decode the landed records against the contract into raw; the watermark moves in the same transaction."""
        from cx_etl.load import load

        return load(source, stream, airflow_io.night(context), extracted["run_id"]).as_dict()

    return load(extract())


def extract_dag(source: Source) -> DAG:
    """The DAG of one source."""
    asset = airflow_io.landed(source.name)
    with DAG(
        dag_id=f"extract_{source.name}",
        schedule=airflow_io.nightly(),
        tags=["extract", source.name],
        doc_md=f"Extracts and loads **{source.name}**, one night per run. The partition key is the night.",
        **airflow_io.dag_defaults(f"Extract {source.name}", limit=timedelta(hours=2)),
    ) as dag:

        @task(
            task_id="night_landed",
            outlets=[asset],
            pool=airflow_io.LANDING_POOL,
            execution_timeout=timedelta(minutes=5),
        )
        def night_landed(loads: list[dict], **context) -> dict:
            """Say that every stream of the source has this night, which is what the marts wait for."""
            rows = {load["stream"]: load["read"] for load in loads}
            context["outlet_events"][asset].extra = {"rows": rows}
            return rows

        night_landed([extract_and_load(source.name, stream.name) for stream in source.streams])
    return dag


for _source in enabled_sources():
    globals()[f"extract_{_source.name}"] = extract_dag(_source)
