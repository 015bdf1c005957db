"""How much may be written at once, in characters, and how long an invitation opens; each limit stands here alone."""

from datetime import timedelta

LONGEST_MESSAGE = 4096  # of a taxpayer; what Telegram takes in one message
LONGEST_ANSWER = 3500  # of an officer; with number and department it is still one message
LONGEST_REASON = 500
LONGEST_QUESTION = 500  # that is tried out
LONGEST_SEARCH = 100
INVITATION = timedelta(hours=12)
