"""The stack for a machine with nothing installed: PostgreSQL, Airflow and the vendor sandbox as plain processes."""
