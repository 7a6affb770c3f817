"""What customers write, judged offline: language, themes and sentiment of a comment. No database, no network."""
