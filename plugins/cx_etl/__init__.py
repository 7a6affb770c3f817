"""Customer-experience ETL: extract, load, transform, gate, publish, snapshot."""
