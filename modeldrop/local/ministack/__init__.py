"""MiniStack, the AWS emulator: started, patched where it differs from AWS, and given faults."""
