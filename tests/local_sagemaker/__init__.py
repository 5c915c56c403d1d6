"""Tests of the local SageMaker, which share servers.

pytest stops the servers after the last test of the folder.
"""
