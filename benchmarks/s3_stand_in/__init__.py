"""A small S3 for benchmarks and tests: it streams, and it is strict about what our code relies on.

Other stand-ins hold objects in memory, or lack UploadPartCopy, or pass over CopySourceIfMatch and
wrong checksums. What it does not prove: AWS's speed and latency, TLS, signatures, permissions.
"""
