"""Write docs/notifications.md, with the golden files as samples.

`make pages` runs it.
"""

import inspect
import re
from pathlib import Path

from pydantic import BaseModel

from model_packager.stored import SmokeResult
from notify_failure.notification import FailureNotification
from publish_batch.notification import BatchNotification
from publish_result.notification import Notification
from publish_retirement.notification import RetirementNotification

PAGE = Path(__file__).parent.parent / "docs" / "notifications.md"
FUNCTIONS = Path(__file__).parent.parent / "tests" / "unit" / "functions"

OPENING = """\
# Notifications

Every drop, every batch job and every retirement ends with one SNS message on the topic `ResultTopicArn` (a stack
output). SNS delivers a text for each protocol:

| Protocol of the subscription | Message |
|---|---|
| `email` | Text for people: what happened, and commands that fix it. A failure's original messages come last. |
| `sms` | One short text. |
| all others: `sqs`, `lambda`, `https`, `firehose`, `email-json` | One JSON document, with [these keys](#the-keys). |

[operating.md](operating.md#reacting-to-a-notification) says what to do for each status. The limit
of SNS, 256 KB, counts the texts for all protocols together.

An execution may end without a message of its own: someone stops it, it times out, or publishing
fails. Then the function `NotifyFailureFunction` sends one with
[fewer keys](#the-keys-of-an-execution-that-ended-without-a-result). EventBridge invokes it at the end of
each failed execution. Step Functions sends these events on a
[best-effort basis](https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-states.html), so in rare cases such a
message is missing. If the function cannot read whether the execution has published, it publishes too. If
SageMaker does not answer, a message is sent without the live version (`unknown`).

The samples are golden files of the tests. `scripts/write_notifications_page.py` writes this page,
and a test checks that it matches the code.

## Subscribing

    aws sns subscribe --topic-arn <ResultTopicArn> \\
      --protocol email --notification-endpoint me@example.com
    aws sns subscribe --topic-arn <ResultTopicArn> \\
      --protocol sms --notification-endpoint +15551234567

The parameter `NotificationEmail` subscribes one address with the stack. Each subscriber has to
confirm.

A notification contains no secrets of the stack: no environment variables and no credentials. It
can contain lines of the container's log, so do not log secrets. External text is reduced to one
printable line of limited length. If the JSON exceeds SNS's limit, long strings are truncated first,
then the largest lists and objects are omitted. `shortened` lists those keys; the execution and the
deployment record have the complete values.

## Filters

Each message has these attributes:

| Attribute | |
|---|---|
| `kind` | `deployment`, `batch` or `retirement` |
| `status` | as in the JSON |
| `model` | the model's name, or the key of the drop if it has none |
| `severity` | `info`; `warning`: a success with warnings or recovered errors, or a notice; `error`: a failure |
| `needs_action` | `true` if someone has to act, otherwise `false` |
| `error` | the error's name, such as `ModelRejected`; absent after success |

A filter policy on a subscription selects the messages that this subscriber receives:

    aws sns set-subscription-attributes --subscription-arn <arn> \\
      --attribute-name FilterPolicy --attribute-value '{"needs_action": ["true"]}'

| Subscriber | Filter policy |
|---|---|
| the person on call | `{"needs_action": ["true"]}` |
| SMS at night | `{"severity": ["error"]}` |
| the author of one model | `{"model": ["cat"]}` |
| the owner of the budget | `{"kind": ["retirement"]}` |
| the ML platform team | `{"error": ["ModelRejected", "SpecRejected"]}` |
| operations, without the authors' own errors | `{"severity": ["error"], "error": [{"anything-but": ["ModelRejected", "SpecRejected"]}]}` |
| everyone, without duplicate and superseded drops | `{"status": [{"anything-but": ["DUPLICATE", "SUPERSEDED"]}]}` |

## Chat

Amazon Q Developer in chat applications (formerly AWS Chatbot) delivers notifications to Slack and
Microsoft Teams. It drops messages outside its schema, so chat has its own topic:

1. Run `sam deploy --parameter-overrides ChatNotifications=true`. The stack then has the output
   `ChatTopicArn`.
2. In the console of Amazon Q Developer in chat applications, connect the workspace once, then
   configure the channel with that topic. Notifications need no permissions: use a channel role and
   guardrails that allow nothing.
3. For one thread per model, send `@Amazon Q preferences` in the channel and enable threaded updates.

All messages about one endpoint share a thread. The `eventType` is `modeldrop-deployment`,
`modeldrop-batch` or `modeldrop-retirement`. Custom actions (buttons) can use every key of `additionalContext` as a
variable. Chat subscriptions accept the same filter policies. Markup of Slack and Teams in external
text, such as mentions and hidden links, is replaced with similar characters. If publishing to the
chat topic fails, all other subscribers still get the message, and the function logs the error.
"""  # noqa: E501 - the rows of tables

KEYS: dict[str, type[BaseModel]] = {
    "The keys": Notification,
    "The keys of a smoke test": SmokeResult,
    "The keys of a batch job": BatchNotification,
    "The keys of a retirement": RetirementNotification,
    "The keys of an execution that ended without a result": FailureNotification,
}
HEADINGS = {
    "publish_result": "Drops",
    "publish_batch": "Batch jobs",
    "publish_retirement": "Retirements",
}
CHAT_SAMPLE = "FAILED"


def page() -> str:
    """Render the page: the introduction, then the golden files."""
    parts = [OPENING, *(_keys(heading, contract) for heading, contract in KEYS.items())]
    for function, heading in HEADINGS.items():
        folder = FUNCTIONS / function / "golden"
        parts.append(f"## {heading}\n")
        parts += [_sample(file) for file in sorted(folder.glob("*.txt"))]
    email = (FUNCTIONS / "publish_result" / "golden" / f"{CHAT_SAMPLE}.txt").read_text()
    chat = (FUNCTIONS / "publish_result" / "golden" / f"{CHAT_SAMPLE}.chat.json").read_text()
    content = "{" + email.rpartition("\n\n{")[2]
    parts.append(f"## The JSON of a drop\n\n```json\n{content.strip()}\n```\n")
    parts.append(f"## A chat message\n\n```json\n{chat.strip()}\n```\n")
    return "\n".join(parts)


def _keys(heading: str, contract: type[BaseModel]) -> str:
    """Return a table of a contract's fields, which its docstring describes under `Attributes:`."""
    meanings = documented_fields(contract)
    rows = "".join(f"| `{key}` | {meanings.get(key, '')} |\n" for key in contract.model_fields)
    return f"## {heading}\n\n| Key | Meaning |\n|---|---|\n{rows}"


def documented_fields(contract: type[BaseModel]) -> dict[str, str]:
    """Return the description of each field under `Attributes:` in a docstring, as a sentence."""
    listed = inspect.cleandoc(contract.__doc__ or "").partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.+?)(?=^    \w|\Z)", listed, re.M | re.S)
    texts = {key: " ".join(text.split()) for key, text in found}
    return {key: text[:1].upper() + text[1:] for key, text in texts.items()}


def _sample(file: Path) -> str:
    text, _, _json = file.read_text(encoding="utf-8").rpartition("\n\n{")
    title = re.sub(r"^(ROLLED_BACK|[A-Z]+)", r"`\1`", file.stem)
    head, _, rest = title.rpartition("`")
    return f"### {head}`{rest.replace('_', ' ').lower()}\n\n```text\n{text}\n\n{{ ... }}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
