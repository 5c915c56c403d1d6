"""MiniStack, the AWS emulator: its process, the routes that are not AWS's, and their clients."""
