"""Vendor-API sandbox: serves a dataset directory under the vendors' own contracts, with faults on demand."""
