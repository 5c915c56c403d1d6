import pytest

from model_packager.executions.upload_metadata import (
    CALLER,
    GIT_COMMIT,
    caller_in,
    commit_in,
    upload_metadata,
    upload_text,
)
from model_packager.stored import Source

ACCOUNT = "123456789012"
ANN = f"arn:aws:iam::{ACCOUNT}:user/team/ann"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/DataScientist/ann@example.com"
COMMIT = "9b1dcf4a6c2e01f27f7f0c3c2b4a5d6e7f809112"


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (ANN, "user/team/ann"),
        (SESSION, "assumed-role/DataScientist/ann@example.com"),
        (f"arn:aws-cn:iam::{ACCOUNT}:root", "root"),
        ("ann", None),
        (f"{ANN}\n", None),
        (f"arn:aws:iam::{ACCOUNT}:user/\u202eann", None),
        (f"arn:aws:iam::{ACCOUNT}:user/{'a' * 300}", None),
        (f"arn:aws:s3::{ACCOUNT}:user/ann", None),
    ],
)
def test_caller_is_an_identity_of_aws(arn: str, name: str | None) -> None:
    assert caller_in({CALLER: arn}, None) == name
    assert caller_in({CALLER: arn}, ACCOUNT) == name


def test_caller_of_another_account_than_the_events_is_ignored() -> None:
    assert caller_in({CALLER: ANN}, "210987654321") is None


@pytest.mark.parametrize(
    ("text", "commit"),
    [
        (COMMIT, COMMIT),
        (f"{COMMIT}-dirty", None),
        (COMMIT[:10], None),
        (f"{COMMIT} <script>", None),
        ("", None),
    ],
)
def test_commit_is_a_whole_hash(text: str, commit: str | None) -> None:
    assert commit_in({GIT_COMMIT: text}) == commit


def test_metadata_has_what_is_known() -> None:
    assert upload_metadata(None, None) == {}
    metadata = upload_metadata(ANN, COMMIT)
    assert (caller_in(metadata, ACCOUNT), commit_in(metadata)) == ("user/team/ann", COMMIT)


@pytest.mark.parametrize(
    ("dropped_by", "commit", "text"),
    [
        ("user/ann", COMMIT, "user/ann, commit 9b1dcf4a6c"),
        (ACCOUNT, None, f"account {ACCOUNT}"),
        (None, COMMIT, "commit 9b1dcf4a6c"),
        (None, None, None),
    ],
)
def test_text_for_people(dropped_by: str | None, commit: str | None, text: str | None) -> None:
    dropped = Source(bucket="b", key="k", etag="e", dropped_by=dropped_by, git_commit=commit)
    assert upload_text(dropped) == text
