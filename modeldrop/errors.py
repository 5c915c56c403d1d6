"""A user's mistake: told in one sentence, never with a traceback."""


class Mistake(Exception):
    """What was asked cannot be done; the message says why and what to do instead."""
