"""A client of a served model: tensors, requests, responses and load tests.

The smoke test and the commands use it. It implements Triton's formats, and does not depend on AWS.
"""
