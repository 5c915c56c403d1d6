"""Write docs/notifications.md: what is told to whom, with the golden files as samples.

`make pages` runs it.
"""

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "notifications.md"
FUNCTIONS = Path(__file__).parent.parent / "tests" / "unit" / "functions"

OPENING = """\
# Notifications

Every drop and every retirement ends in one SNS message on the topic `ResultTopicArn` (an output of
the stack). Subscribers get it by protocol: a telephone (`sms`) one short text, everybody else an
e-mail's text with the JSON behind the last empty line: whatever a cause says, `\\n\\n{` begins it.
The keys of the JSON are in the [README](../README.md#the-notification), and what each status asks
of you in [operating.md](operating.md#what-a-notification-asks-of-you).

The samples are the golden files of the tests, written by `scripts/write_notifications_page.py`; a
test fails where this page no longer says what the code does.

## Subscribing

    aws sns subscribe --topic-arn <ResultTopicArn> \\
      --protocol email --notification-endpoint me@example.com
    aws sns subscribe --topic-arn <ResultTopicArn> \\
      --protocol sms --notification-endpoint +15551234567

The parameter `NotificationEmail` subscribes one address with the stack. Each has to confirm.

What is told holds no secrets of the stack: no environment and no credentials. It does
hold what the container's log says of a failure, so whoever writes secrets into that log tells them.
Text of others is one line of what can be printed, and cut where it is long. Where the JSON would be
too large for SNS, long strings are cut first, then the largest lists and objects are left out;
`shortened` names those keys, and the execution and the deployment record have them whole.

## Filters

Each message has these attributes:

| Attribute | |
|---|---|
| `kind` | `deployment` or `retirement` |
| `status` | as in the JSON |
| `model` | the model's name; the key of the drop where it has none |
| `severity` | `info`; `warning`: it went well, and something is to be read (warnings, recovered_errors), or a notice; `error`: it failed |
| `needs_action` | `true` where somebody has to do something, else `false` |
| `error` | the name of the error that ended it, such as `ModelRejected`; not there after success |

A filter policy on them, set on one subscription, is what one subscriber wants to hear:

    aws sns set-subscription-attributes --subscription-arn <arn> \\
      --attribute-name FilterPolicy --attribute-value '{"needs_action": ["true"]}'

| Who | Filter policy |
|---|---|
| whoever is on call | `{"needs_action": ["true"]}` |
| an SMS in the night | `{"severity": ["error"]}` |
| the author of one model | `{"model": ["cat"]}` |
| who pays for the endpoints | `{"kind": ["retirement"]}` |
| those who teach how to export | `{"error": ["ModelRejected", "SpecRejected"]}` |
| ops, without the authors' own errors | `{"severity": ["error"], "error": [{"anything-but": ["ModelRejected", "SpecRejected"]}]}` |
| all but what S3 told twice | `{"status": [{"anything-but": ["DUPLICATE", "SUPERSEDED"]}]}` |

## Chat

Slack and Microsoft Teams are told by Amazon Q Developer in chat applications (formerly AWS
Chatbot). It drops whatever is not in its schema, so it has a topic of its own:

1. `sam deploy --parameter-overrides ChatNotifications=true`; the stack then has the output
   `ChatTopicArn`.
2. In the console of Amazon Q Developer in chat applications, connect the workspace once, then
   configure the channel, and choose that topic. Nothing more of AWS is needed for notifications: a
   channel role and guardrails that allow nothing do.
3. For a thread a model, say `@Amazon Q preferences` in the channel and let updates come in threads.

All that is told of one endpoint is one thread. The `eventType` is `modeldrop-deployment` or
`modeldrop-retirement`, for custom actions (buttons), whose variables may be any key of
`additionalContext`. Chat subscriptions take the filter policies above, too. Marks of Slack's and
Teams's in text of others, mentions and hidden links among them, are written with letters that look
the same and mean nothing. Where the chat's topic cannot be reached, everybody else is still told,
and the function's log says so.
"""  # noqa: E501 - the rows of tables

HEADINGS = {"publish_result": "Drops", "publish_retirement": "Retirements"}
CHAT_SAMPLE = "FAILED"


def page() -> str:
    """Put the golden files behind the opening."""
    parts = [OPENING]
    for room, heading in HEADINGS.items():
        folder = FUNCTIONS / room / "golden"
        parts.append(f"## {heading}\n")
        parts += [_sample(file) for file in sorted(folder.glob("*.txt"))]
    whole = (FUNCTIONS / "publish_result" / "golden" / f"{CHAT_SAMPLE}.txt").read_text()
    chat = (FUNCTIONS / "publish_result" / "golden" / f"{CHAT_SAMPLE}.chat.json").read_text()
    content = "{" + whole.rpartition("\n\n{")[2]
    parts.append(f"## The JSON of a drop\n\n```json\n{content.strip()}\n```\n")
    parts.append(f"## A chat message\n\n```json\n{chat.strip()}\n```\n")
    return "\n".join(parts)


def _sample(file: Path) -> str:
    words, _, _json = file.read_text(encoding="utf-8").rpartition("\n\n{")
    title = re.sub(r"^(ROLLED_BACK|[A-Z]+)", r"`\1`", file.stem)
    head, _, rest = title.rpartition("`")
    return f"### {head}`{rest.replace('_', ' ').lower()}\n\n```text\n{words}\n\n{{ ... }}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
