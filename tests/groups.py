"""Defines which tests run in the same worker (`pytest --dist loadgroup`)."""

from pathlib import PurePath

from xdist.scheduler import LoadScopeScheduling

GROUPS = {
    "batch jobs": ("workflow/test_batch.py", "workflow/test_batch_faults.py"),
    "many drops at once": ("workflow/test_overlap.py", "workflow/test_fault_matrix.py"),
    "MiniStack": ("embedded_cloud/test_ministack_*.py", "embedded_cloud/test_emulator_faults.py"),
    "embedded cloud": tuple(
        f"embedded_cloud/test_{each}.py"
        for each in (
            "aws_command",
            "client_code",
            "cloud",
            "doctor",
            "local_command",
            "python_api",
            "sam_command",
            "web_pages",
        )
    ),
    "authorization": ("local_sagemaker/authorization/test_*.py",),
    "local SageMaker": tuple(
        f"local_sagemaker/test_{each}.py"
        for each in (
            "async_inference",
            "control_plane",
            "guardrails",
            "hosting",
            "multi_model",
            "refused_models",
            "restarts",
            "scaling",
            "serverless",
            "shadow",
            "text",
            "transform",
            "transform_requests",
        )
    ),
}
"""Modules that run in one worker, because they share servers. Every other module is a separate
group."""


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Sends each group to one worker. xdist 3.8 does not read its marks with pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePath(nodeid.partition("::")[0].removeprefix("tests/"))
        found = (name for name, patterns in GROUPS.items() if any(map(path.match, patterns)))
        return next(found, str(path))
