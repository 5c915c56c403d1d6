"""The Compare Answers state."""
