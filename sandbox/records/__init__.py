"""Vendor records, built in one place for the generator and the adapters, and the writer of dataset directories."""
