"""Tests of permissions, which share servers.

pytest stops the servers after the last test of the folder.
"""
