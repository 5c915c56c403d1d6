"""The tests use an S3 with checks that moto lacks."""

from tests.unit.functions.s3_stand_in import _server, aws, stand_in

__all__ = ["_server", "aws", "stand_in"]
