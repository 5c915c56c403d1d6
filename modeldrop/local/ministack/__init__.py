"""MiniStack, the AWS emulator: its process, its patches, its router, and fault injection."""
