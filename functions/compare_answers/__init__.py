"""The state Compare Answers."""
