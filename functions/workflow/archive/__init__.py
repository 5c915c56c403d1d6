"""Writing large archives to S3."""
