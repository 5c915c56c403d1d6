"""A client of a served model: tensors, requests, responses and load tests.

The smoke test and the commands use it. It knows Triton's formats and nothing of AWS.
"""
