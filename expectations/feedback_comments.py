"""Comments and what they were judged to be: known labels, and a language for most of them."""

from expectations import between, not_emptied, not_from_the_future, not_quiet, not_shrunk, one_of

EXPECTATIONS = (
    not_emptied(),
    not_shrunk("insights"),
    not_from_the_future("business_date"),
    not_quiet("business_date", "insights"),
    one_of("sentiment", ("positive", "neutral", "negative"), "every comment is judged"),
    between("sentiment_score", -1, 1, "the score of a judgement runs from -1 to 1"),
    one_of(
        "sentiment",
        ("positive", "negative"),
        "where two fifths and more say nothing to the lexicon, customers write a language it does not hold",
        "warning",
        mostly=0.6,
    ),
)
