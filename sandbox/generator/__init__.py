"""A made-up shop: people who order, complain and answer, seen through four vendors, with the truth kept beside."""
