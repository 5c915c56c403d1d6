"""A small S3 for benchmarks and tests that streams and enforces the rules our code relies on.

Other emulators hold objects in memory, lack UploadPartCopy, or ignore CopySourceIfMatch and wrong
checksums. It does not show AWS's speed and latency, signatures or permissions. TLS is optional.
"""
