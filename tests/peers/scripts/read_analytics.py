"""Google's own client runs a report page by page: read_analytics.py HOST PROPERTY REPORT, the report as JSON.

Prints the rows by the names of their columns, all values being text, and how many there are by the vendor's count.
"""

import json
import sys

from google.analytics.data_v1beta import BetaAnalyticsDataClient
from google.analytics.data_v1beta.services.beta_analytics_data.transports import BetaAnalyticsDataRestTransport
from google.analytics.data_v1beta.types import RunReportRequest
from google.auth.credentials import AnonymousCredentials

PAGE = 50

host, property_id, report = sys.argv[1:]
transport = BetaAnalyticsDataRestTransport(host=host, url_scheme="http", credentials=AnonymousCredentials())
client = BetaAnalyticsDataClient(transport=transport)
asked = {"property": f"properties/{property_id}", "limit": PAGE, **json.loads(report)}
rows, answer = [], None
while answer is None or len(rows) < answer.row_count:
    answer = client.run_report(RunReportRequest({**asked, "offset": len(rows)}))
    names = [header.name for header in (*answer.dimension_headers, *answer.metric_headers)]
    assert answer.rows or not answer.row_count, "a page without rows before the end"
    for row in answer.rows:
        values = [value.value for value in (*row.dimension_values, *row.metric_values)]
        rows.append(dict(zip(names, values, strict=True)))
print(json.dumps({"rows": rows, "count": answer.row_count, "zone": answer.metadata.time_zone}))
