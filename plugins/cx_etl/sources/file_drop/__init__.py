"""File drop: tools without an API export files to a folder or an object store; [[files]] in the settings says which.

Each ``source`` that the settings name becomes a source like any other. The walk lists what waits and takes one file
after the other; a file lands as it came (a compressed one unpacked), in parts, each behind a line that says how to read
it. After the load it is moved to ``processed/<night>/``. Cannot see: what was exported before and never dropped, rows
that an export leaves out, a CSV that is cut exactly at the end of a row or field (deliver a .sha256 beside it).
"""

from cx_etl.sources.file_drop.streams import sources_of

__all__ = ["sources_of"]
