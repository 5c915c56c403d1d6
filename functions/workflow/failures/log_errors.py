r"""Which lines of a container's log complain of something, as one readable sentence each.

Triton writes a failure on one line with `\n` within, and tells it three times, in other words
before the same reason: as the backend's, as the model's, and in the table of models. Of stack
traces the error is kept, not the frames.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COMPLAINT = re.compile(
    r"""
      ^[EF]\d{4}\s                      # Triton's log prefix: E or F for error and fatal, then date
    | ^ERROR:                           # the container's `serve` script
    | ^error:[ ]creating[ ]server       # tritonserver's last line
    | ^\[libprotobuf[ ](ERROR|FATAL)    # where config.pbtxt cannot be read
    | \bUNAVAILABLE:                    # why a model is not ready
    | ^[\w.]*(Error|Exception)(:|$)     # the last line of a Python traceback
    | failed[ ]to[ ]run[ ]warmup[ ]sample # information alone, and the last word where it crashes
    | ^terminate[ ]called|^\s*what\(\): # C++
    | \bCUDA[ ](error|out[ ]of[ ]memory)
    | (^|\s)Killed$|\bKilled[ ]process|\boom-kill|[Oo]ut[ ]of[ ]memory
    | No[ ]space[ ]left[ ]on[ ]device
    | exec[ ]format[ ]error
    | compatibility[ ]mode[ ]is[ ]UNAVAILABLE  # NVIDIA's greeting, of a driver that is too old
    """,
    re.VERBOSE,
)
_NOISE = re.compile(
    r"""
      CudaDriverHelper[ ]has[ ]not[ ]been[ ]initialized  # on every instance without a GPU
    | pinned[ ](system[ ])?memory                        # the same
    | failed[ ]to[ ]load[ ]all[ ]models$                 # says nothing beside the reason
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
_RAW_LIMIT = 20_000  # a stack within a line is long, and its error stands last
_LINE_LIMIT = 2000
_SHOWN_LIMIT = 400
_SHOWN = 3
_REASON = 80


def complaints_in(lines: Iterable[str]) -> list[str]:
    """Give the different complaints, oldest first, without prefixes, frames and secrets."""
    found: dict[str, str] = {}
    for line in lines:
        if _COMPLAINT.search(line) and not _NOISE.search(line):
            text = sentence(line)
            found.setdefault(text[-_REASON:], text)
    return [text for text in found.values() if text]


def sentence(text: str) -> str:
    r"""Put what Triton says on one line: its `\n` and its quotes undone, no frames."""
    said = _PREFIX.sub("", _TABLE.sub("", text.rstrip(" |")))[:_RAW_LIMIT]
    parts = said.strip().replace(r"\n", "\n").replace(r"\"", '"').split("\n")
    kept = (part.strip() for part in parts if not _FRAME.match(part))
    return _SECRETS.sub("[removed]", " ".join(kept)).strip(' |";')[:_LINE_LIMIT]


def last_of(complaints: Sequence[str]) -> str:
    """Show the last few complaints, shortened, none that another holds; "" where there are none."""
    telling = [text for text in complaints if not _is_within_another(text, complaints)]
    return " | ".join(text[:_SHOWN_LIMIT] for text in telling[-_SHOWN:])


def _is_within_another(text: str, complaints: Sequence[str]) -> bool:
    said = _STATUS.sub("", text)
    return any(said in other for other in complaints if len(other) > len(text))
