"""Checks that `container.environment` has no secrets and no unsafe options of tritonserver.

SageMaker shows the environment to everyone who may call DescribeModel. deployment.json and the
execution's history contain it, too. References to secrets are not resolved, either; see
docs/decisions/0031-the-environment-has-no-secrets.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

ARGUMENTS_VARIABLE = "SAGEMAKER_TRITON_ADDITIONAL_ARGS"
_VARIABLES = "SAGEMAKER_TRITON_"

# From `tritonserver --help`. Other options name paths, ports or backends, or change how SageMaker
# reaches the server. --allow-* has no effect, because later options of `serve` and Modeldrop win.
SAFE_OPTIONS = frozenset(
    {
        "--allow-cpu-metrics",
        "--allow-gpu-metrics",
        "--allow-grpc",
        "--allow-http",
        "--allow-metrics",
        "--backend-config",
        "--buffer-manager-thread-count",
        "--cache-config",
        "--cuda-memory-pool-byte-size",
        "--cuda-virtual-address-size",
        "--disable-auto-complete-config",
        "--enable-peer-access",
        "--exit-on-error",
        "--exit-timeout-secs",
        "--host-policy",
        "--id",
        "--load-model",
        "--log-error",
        "--log-format",
        "--log-info",
        "--log-verbose",
        "--log-warning",
        "--min-supported-compute-capability",
        "--model-load-gpu-limit",
        "--model-load-retry-count",
        "--model-load-thread-count",
        "--model-namespacing",
        "--pinned-memory-pool-byte-size",
        "--rate-limit",
        "--rate-limit-resource",
        "--response-cache-byte-size",
        "--sagemaker-thread-count",
        "--strict-model-config",
        "--strict-readiness",
    }
)
"""Options of tritonserver that a drop may add."""

# --backend-config=backend-directory=… is another way to write --backend-directory
# (triton-inference-server/core, TRITONSERVER_ServerOptionsSetBackendDirectory).
_UNSAFE_VALUE = re.compile(r"/|\.\.|directory|path", re.IGNORECASE)

_SECRET_NAME = re.compile(
    r"(PASSWORD|PASSWD|PASSPHRASE|(^|_)(PWD|SECRETS?|CREDENTIALS?|ACCESS_KEY_ID"
    r"|(ACCESS|ACCOUNT|API|AUTH|ENCRYPTION|LICENSE|PRIVATE|SECRET|SIGNING|STORAGE)_?KEYS?"
    r"|(ACCESS|API|AUTH|BEARER|GITHUB|GITLAB|HF|HUB|ID|REFRESH|SESSION|SLACK)_?TOKENS?))$"
)
_HARMLESS_VALUE = re.compile(r"(arn:\S+|/\S*|true|false|\d*)", re.IGNORECASE)
"""An ARN, a path, a switch or a number may name a secret, but is none itself."""

_SECRET_VALUES = (
    re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),  # IAM user guide, "Unique identifiers"
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),  # RFC 7468
    re.compile(r"\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+"),  # a JSON Web Token (RFC 7519)
    re.compile(r"\w+://[^\s/:@]*:[^\s/@]+@"),  # a password in a URL (RFC 3986, 3.2.1)
    # GitHub's documentation, "Token formats"; Hugging Face's, "User access tokens"; Slack's, "Token
    # types"; OpenAI's and Stripe's keys.
    re.compile(r"\b(gh[opsur]_\w{30,}|github_pat_\w{30,}|hf_\w{30,}|xox[abeprs]-[\w-]{10,})"),
    re.compile(r"\b([sr]k[-_](live[-_]|proj-|ant-)?[\w-]{20,})"),
)
_REFERENCE = re.compile(r"(\{\{\s*)?(resolve:)?(ssm|ssm-secure|secretsmanager):", re.IGNORECASE)


def require_harmless(environment: Mapping[str, str]) -> None:
    """Check all variables.

    Raises:
        ValueError: a variable looks like a secret, refers to one, or has an unsafe option.
    """
    for name, value in environment.items():
        if _REFERENCE.match(value):
            raise ValueError(
                f"is passed on as it is, so {name} would contain the text of the reference. "
                "Have model.py read the value from AWS"
            )
        reason = _secret(name, value)
        if reason:
            raise ValueError(
                f"must not contain secrets, because SageMaker and the execution's history show "
                f"it, and {name} looks like one by its {reason}. Have model.py read it from AWS "
                "Secrets Manager, or give the variable another name if it is not a secret"
            )
        if name == ARGUMENTS_VARIABLE:
            for refused in refused_options(value.split()):
                raise ValueError(
                    f"must not contain {refused} in {name}, which can touch files of the host or "
                    "change how SageMaker reaches Triton; docs/security.md lists the safe options"
                )
        elif name.startswith(_VARIABLES) and len(value.split()) > 1:
            raise ValueError(f"should have one word for {name}, which Triton's image splits")


def refused_options(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the unsafe arguments of tritonserver as they are written.

    Args:
        arguments: the options, as `--name=value` or `--name value`.
    """
    is_value = False
    for argument in arguments:
        option, _, value = argument.partition("=")
        if is_value and not argument.startswith("-"):
            is_value = False
            if _UNSAFE_VALUE.search(argument):
                yield argument
        elif option not in SAFE_OPTIONS or _UNSAFE_VALUE.search(value):
            yield argument
        else:
            is_value = "=" not in argument


def _secret(name: str, value: str) -> str | None:
    """Return why a variable looks like a secret; None if it does not."""
    if any(pattern.search(value) for pattern in _SECRET_VALUES):
        return "value"
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
    if _SECRET_NAME.search(words) and not _HARMLESS_VALUE.fullmatch(value):
        return "name"
    return None
