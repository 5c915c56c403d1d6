"""The container's environment: no secrets, and only safe options of tritonserver."""

from __future__ import annotations

import pytest

from model_packager.spec.container_environment import (
    ARGUMENTS_VARIABLE,
    SAFE_OPTIONS,
    refused_options,
    require_harmless,
)
from modeldrop.local.tools import PROJECT_ROOT

KEY = "AKIA" + "IOSFODNN7EXAMPLE"
HASH = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("OPENAI_API_KEY", "x"),
        ("apiKey", "x"),
        ("DB_PASSWORD", "x"),
        ("dbPassword", "x"),
        ("PGPASSWORD", "x"),
        ("HF_TOKEN", "x"),
        ("github_token", "x"),
        ("CLIENT_SECRET", "x"),
        ("SSH_PRIVATE_KEY", "x"),
        ("GOOGLE_CREDENTIALS", "{}"),
    ],
)
def test_name_of_a_secret_is_rejected(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name} looks like one by its name"):
        require_harmless({name: value})


@pytest.mark.parametrize(
    "value",
    [
        KEY,
        f"key={KEY}",
        "ghp_" + HASH,
        "github_pat_" + HASH,
        "hf_" + HASH,
        "xoxb-" + HASH,
        "sk-proj-" + HASH,
        "sk_live_" + HASH,
        "-----BEGIN RSA PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_",
        "postgres://me:hunter2@db.internal/models",
    ],
)
def test_value_of_a_secret_is_rejected_and_not_repeated(value: str) -> None:
    with pytest.raises(ValueError, match="SETTING looks like one by its value") as caught:
        require_harmless({"SETTING": value})
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "ssm:/models/key",
        "secretsmanager:key",
        "{{resolve:secretsmanager:key}}",
        "{{resolve:ssm:key:1}}",
    ],
)
def test_reference_is_rejected_because_nothing_resolves_it(value: str) -> None:
    with pytest.raises(ValueError, match="SETTING would contain the text of the reference"):
        require_harmless({"SETTING": value})


def test_other_variables_are_accepted() -> None:
    require_harmless(
        {
            "SAGEMAKER_TRITON_THREAD_COUNT": "4",
            "PAD_TOKEN": "<pad>",
            "EOS_TOKEN_ID": "2",
            "MAX_NEW_TOKENS": "512",
            "TOKENIZER": "bert-base-uncased",
            "TOKENIZERS_PARALLELISM": "false",
            "KEY": "value",
            "PRIMARY_KEY": "id",
            "KEYPOINTS": "17",
            "DB_SECRET": "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-a1b2c3",
            "GOOGLE_APPLICATION_CREDENTIALS": "/opt/ml/model/key.json",
            "PROXY": "http://proxy.internal:8080",
            "OMP_NUM_THREADS": "4",
            "COMMIT": HASH,
        }
    )


@pytest.mark.parametrize(
    "arguments",
    [
        "--log-file=/home/me/.bashrc",
        "--log-file x",
        "--log-fil=x",  # getopt accepts abbreviations
        "--trace-config=triton,file=x",
        "--trace-file=x",
        "--model-repository=/",
        "--model-store=x",
        "--backend-directory=x",
        "--backend-config=backend-directory=x",
        "--backend-config=python,python-runtime-path=x",
        "--repoagent-directory=x",
        "--cache-directory=x",
        "--allow-sagemaker=false",
        "--sagemaker-port=1",
        "--http-address=0.0.0.0",
        "--id /etc/passwd",
        "-x",
        "word",
    ],
)
def test_option_with_a_path_or_port_is_rejected(arguments: str) -> None:
    assert list(refused_options(arguments.split()))
    with pytest.raises(ValueError, match="must not contain"):
        require_harmless({ARGUMENTS_VARIABLE: f"--log-verbose=1 {arguments}"})


def test_safe_options_are_accepted() -> None:
    arguments = (
        "--log-verbose 1 --disable-auto-complete-config --load-model=second "
        "--rate-limit-resource=R1:10 --backend-config=onnxruntime,default-max-batch-size=8"
    )
    assert list(refused_options(arguments.split())) == []
    require_harmless({ARGUMENTS_VARIABLE: arguments})


def test_variable_of_one_option_has_one_word() -> None:
    with pytest.raises(ValueError, match="one word for SAGEMAKER_TRITON_LOG_INFO"):
        require_harmless({"SAGEMAKER_TRITON_LOG_INFO": "true --log-file=x"})


def test_page_lists_the_safe_options() -> None:
    page = (PROJECT_ROOT / "docs/security.md").read_text()
    listed = page.partition("accepts these options")[2].partition("\n\n")[0]
    assert {word.strip("`,.:") for word in listed.split() if "--" in word} == SAFE_OPTIONS
