"""The log line that has a notification which no state of an execution returns.

Notify Failure writes it, as JSON with the keys `subject`, `words` and `content`.
"""

PUBLISHED_LINE = "Notification published"
"""Its message."""
