"""Changes of identity: what was recorded stays, and nothing is recorded that is not one."""

from expectations import between, not_shrunk, one_of

EXPECTATIONS = (
    not_shrunk(),
    one_of("change", ("merged", "split", "moved"), "the kinds of changes"),
    between("identities", 1, None, "a change is of identities"),
)
