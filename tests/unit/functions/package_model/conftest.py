"""The tests run on an S3 that checks what moto does not."""

from tests.unit.functions.s3_stand_in import _server, aws, stand_in

__all__ = ["_server", "aws", "stand_in"]
