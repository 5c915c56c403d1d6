"""From a model file to a Triton model repository: no torch, no boto3, no numpy.

Only `model_packager.exporter` imports torch, and no Lambda function imports it.
"""
