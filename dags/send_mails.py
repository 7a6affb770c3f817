"""All day, hour by hour: the newest night that is due to each subscription, each once.

Not a task behind the snapshot: a night whose gate is red publishes nothing, and that is told too.
"""

from datetime import timedelta

from airflow.sdk import DAG, task

from cx_etl import airflow_io

with DAG(
    dag_id="send_mails",
    schedule=airflow_io.mailing(),
    tags=["mail"],
    doc_md="Sends to each subscription the newest night that is due for it and that it has not got. "
    "A night whose gate is red is told as such. See docs/mail.md.",
    **airflow_io.dag_defaults("Send mails", limit=timedelta(minutes=30)),
) as send_mails:

    @task
    def send_due() -> list[str]:
        """Send what is due; fails naming the mails that went wrong in this run."""
        from cx_etl import mail

        return mail.send_due(airflow_io.connection)

    send_due()
