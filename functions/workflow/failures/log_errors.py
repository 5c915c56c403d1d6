r"""Finds the error lines in a container's log, and makes each one readable.

Triton writes a failure on one line with a literal `\n`, three times with different prefixes: for
the backend, for the model, and in the table of models. Only the error of a stack trace is kept.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ERROR_LINE = re.compile(
    r"""
      ^[EF]\d{4}\s                      # Triton's log prefix: E or F for error and fatal, then date
    | ^ERROR:                           # the container's `serve` script
    | ^error:[ ]creating[ ]server       # tritonserver's last line
    | ^\[libprotobuf[ ](ERROR|FATAL)    # config.pbtxt cannot be parsed
    | \bUNAVAILABLE:                    # why a model is not ready
    | ^[\w.]*(Error|Exception)(:|$)     # the last line of a Python traceback
    | failed[ ]to[ ]run[ ]warmup[ ]sample # an information line, but the last one before a crash
    | ^terminate[ ]called|^\s*what\(\): # C++
    | ^Fatal[ ]Python[ ]error:          # Python's faulthandler, after a crash
    | ^Signal[ ]\(\d+\)[ ]received      # tritonserver's own handler
    | \bSegmentation[ ]fault|\(core[ ]dumped\)  # the shell that started it
    | \bCUDA[ ](error|out[ ]of[ ]memory)
    | (^|\s)Killed$|\bKilled[ ]process|\boom-kill|[Oo]ut[ ]of[ ]memory
    | No[ ]space[ ]left[ ]on[ ]device
    | exec[ ]format[ ]error
    | compatibility[ ]mode[ ]is[ ]UNAVAILABLE  # NVIDIA's banner: the driver is too old
    """,
    re.VERBOSE,
)
_NOISE = re.compile(
    r"""
      CudaDriverHelper[ ]has[ ]not[ ]been[ ]initialized  # on every instance without a GPU
    | pinned[ ](system[ ])?memory                        # the same
    | failed[ ]to[ ]load[ ]all[ ]models$                 # adds nothing to the reason
    """,
    re.VERBOSE,
)
_PREFIX = re.compile(r'^[EFI]\d{4} \S+ \d+ \S+\]\s+"?')
_FRAME = re.compile(r"^(\s.*|At:|:|Traceback\b.*|[~^\s]*|\S+\(\d+\): \S+)$")
_TABLE = re.compile(r"^\|[^|]*\|\s*\d+\s*\|\s*(?=UNAVAILABLE:)")
_STATUS = re.compile(r"^((UNAVAILABLE|Invalid argument|Internal|Unsupported|Not found): )+")
_SECRETS = re.compile(
    r"""
      \b(AKIA|ASIA)[A-Z0-9]{16}\b
    | \bhf_\w{20,}
    | (?<=Bearer[ ])\S+
    | (?i:(?<=secret)|(?<=token)|(?<=password)|(?<=passwd)|(?<=api_key)|(?<=access_key)
         |(?<=signature)|(?<=credential))["']?[ ]?[=:][ ]?["']?[^\s"'&,;]+
    """,
    re.VERBOSE,
)
_CPP_FILE = re.compile(r"(?<![\w./-])[\w./-]+\.(?:h|hpp|cc|cpp|cu|cuh):\d+\s+(?=[\w:~<])")
_CPP_END = re.compile(r"(?: const)?(?: \[with [^\]]*\])?\s*")
_CPP_LIMIT = 1000  # characters of a function's signature
_CPP_MOST = 5
_CLOSING = {"(": ")", "<": ">"}
_RAW_LIMIT = 20_000  # a line can contain a long stack trace, which ends with the error
_LINE_LIMIT = 2000
_SHOWN_LIMIT = 400
_SHOWN = 3
_REASON = 80


def error_lines_in(lines: Iterable[str]) -> list[str]:
    """Return the distinct error lines, oldest first, without prefixes, frames and secrets."""
    texts: dict[str, str] = {}
    for line in lines:
        if _ERROR_LINE.search(line) and not _NOISE.search(line):
            text = readable(line)
            texts.setdefault(text[-_REASON:], text)
    return [text for text in texts.values() if text]


def readable(text: str) -> str:
    r"""Put Triton's message on one line: `\n` and quotes unescaped, stack frames removed."""
    message = _PREFIX.sub("", _TABLE.sub("", text.rstrip(" |")))[:_RAW_LIMIT]
    parts = message.strip().replace(r"\n", "\n").replace(r"\"", '"').split("\n")
    kept = (part.strip() for part in parts if not _FRAME.match(part))
    return _SECRETS.sub("[removed]", _without_cpp(" ".join(kept))).strip(' |";')[:_LINE_LIMIT]


def shortened(text: str, limit: int) -> str:
    """Cut a text between sentences or words, and end it with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    for end in (". ", " "):
        cut = head.rfind(end, limit // 2)
        if cut > 0:
            return head[: cut + len(end)].rstrip() + "…"
    return head + "…"


def _without_cpp(text: str) -> str:
    """Remove `file.cc:46 void f(int, …)`, which ONNX Runtime writes in front of its messages."""
    parts, start = [], 0
    for match in islice(_CPP_FILE.finditer(text), _CPP_MOST):
        end = _end_of_signature(text, match.end())
        named = "::" in text[match.end() : end]  # a function, not a sentence
        if named and match.start() >= start:
            parts.append(text[start : match.start()])
            start = end
    return "".join((*parts, text[start:]))


def _end_of_signature(text: str, start: int) -> int:
    """Return the position behind a C++ function's arguments; 0 if there is no such function."""
    open_brackets: list[str] = []
    for position in range(start, min(len(text), start + _CPP_LIMIT)):
        character = text[position]
        if open_brackets and character == _CLOSING[open_brackets[-1]]:
            if open_brackets == ["("] and text[position + 1 : position + 2] != "(":
                behind = _CPP_END.match(text, position + 1)
                return behind.end() if behind else 0
            open_brackets.pop()
        elif character in _CLOSING:
            open_brackets.append(character)
    return 0


def summary_of(errors: Sequence[str]) -> str:
    """Join the last few error lines, shortened; skip a line that another line contains."""
    distinct = [text for text in errors if not _is_within_another(text, errors)]
    return " | ".join(shortened(text, _SHOWN_LIMIT) for text in distinct[-_SHOWN:])


def _is_within_another(text: str, errors: Sequence[str]) -> bool:
    message = _STATUS.sub("", text)
    return any(message in other for other in errors if len(other) > len(text))
