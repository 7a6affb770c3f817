"""Erasure of a person on request, everywhere and for good, and the export of what would be erased.

``personal`` says where vendors' records hold a person, ``find`` whose records are whose, ``scrub`` makes of a record
what may stay, ``erase`` does it in the warehouse and ``landing_files`` on disk, and ``proof`` looks for what is left.
"""
