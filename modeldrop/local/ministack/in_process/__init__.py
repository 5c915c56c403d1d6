"""Code in MiniStack's process, which MiniStack's own Python runs.

That Python has boto3, pydantic and urllib3, but not the other packages of this project.
"""
