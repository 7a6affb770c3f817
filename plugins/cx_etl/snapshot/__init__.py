"""The daily snapshot: one frozen page per publication, from published data only."""

from cx_etl.snapshot.writing import SnapshotReport, render

__all__ = ["SnapshotReport", "render"]
