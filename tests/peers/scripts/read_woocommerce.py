"""WooCommerce's own client walks lists by page number: read_woocommerce.py URL KEY SECRET LISTS (JSON: path to query).

Over plain http it signs each query with OAuth 1.0a. Prints the records by path.
"""

import json
import sys

from woocommerce import API

PAGE = 20

url, key, secret, lists = sys.argv[1:]
client = API(url=url, consumer_key=key, consumer_secret=secret, version="wc/v3", timeout=30)
found = {}
for path, query in json.loads(lists).items():
    records, page, pages = [], 1, 1
    while page <= pages:
        answer = client.get(path, params={**query, "per_page": PAGE, "page": page})
        answer.raise_for_status()
        records += answer.json()
        pages, page = int(answer.headers["X-WP-TotalPages"]), page + 1
    assert len(records) == int(answer.headers["X-WP-Total"])
    found[path] = records
print(json.dumps(found))
