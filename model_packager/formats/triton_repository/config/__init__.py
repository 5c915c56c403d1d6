"""One model's config.pbtxt: its values, and the checks that need no other file."""
