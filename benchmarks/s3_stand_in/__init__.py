"""A small S3 for benchmarks and tests that streams and enforces the rules our code relies on.

Other emulators hold objects in memory, lack UploadPartCopy, or ignore CopySourceIfMatch and wrong
checksums. It does not emulate AWS's speed and latency, and checks no signatures or permissions. TLS
is optional.
"""
