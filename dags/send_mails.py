"""All day, hour by hour: the newest night's mails to those whose hour has come, each once.

Not a task behind the snapshot: a night whose gate is red publishes nothing, and that is told too.
"""

from datetime import timedelta

from airflow.sdk import DAG, task

from cx_etl import airflow_io

with DAG(
    dag_id="send_mails",
    schedule=airflow_io.mailing(),
    tags=["mail"],
    doc_md="Mails the newest night's snapshot to the subscriptions that are due and have not got it. "
    "A night whose gate is red is told as such. See docs/mail.md.",
    **airflow_io.dag_defaults("Send mails", limit=timedelta(minutes=30)),
) as send_mails:

    @task
    def send_due() -> list[str]:
        """Send what is due; fails naming the mails that went wrong in this run."""
        from cx_etl import mail

        return mail.send_newest(airflow_io.connection("smtp"))

    send_due()
