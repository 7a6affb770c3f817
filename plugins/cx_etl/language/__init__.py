"""What pages and mails are written in: the language spoken now, its catalogue, its numbers and dates."""
