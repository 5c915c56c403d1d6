"""The log line with a notification that no state of an execution returns.

Notify Failure writes it, as JSON with the keys `subject`, `words` and `content`.
"""

PUBLISHED_LINE = "Notification published"
"""The message of the log line."""
