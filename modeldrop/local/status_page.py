"""The status page at the root URL of an embedded cloud: static HTML without scripts."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from model_packager.duration import duration_text
from modeldrop.local import cloud, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modeldrop.local.snapshot import Deployment, HostedEndpoint, Server, Snapshot

_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d);
  --good: light-dark(#116329, #56d364); --bad: light-dark(#b3202c, #ff8f88);
  --soft: light-dark(#57606a, #a6aeb8); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .8rem .4rem 0; text-align: left;
  vertical-align: top; } .wide code { white-space: nowrap; }
th { color: var(--soft); font-weight: 600; } code { overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); } .soft { color: var(--soft); }
"""
_GOOD, _BAD = {"InService", "SUCCEEDED"}, {"Failed", "FAILED", "ABORTED", "TIMED_OUT"}


def page(home: Path) -> str:
    """Render the current status page of this home's cloud."""
    running = cloud.find(home)
    if running is None:
        return _document("<p>The embedded cloud is starting. Reload this page in a moment.</p>")
    return render(snapshot.take(running), datetime.now(UTC))


def render(snap: Snapshot, now: datetime) -> str:
    """Render a snapshot as HTML; all text is escaped."""
    up = duration_text(now - snap.cloud.started)
    return _document(
        f"<p>Up for {up} in <code>{_text(snap.cloud.home)}</code>; reload to refresh. "
        "Point AWS tools at it with "
        f'<code>eval "$(modeldrop local env --home {_text(snap.cloud.home)})"</code>.</p>'
        + _section("Models", _models(snap.hosted, now), "No model is deployed yet.")
        + _section("Last deployments", _deployments(snap.deployments, now), "No deployments yet.")
        + _section("Processes", _processes(snap.processes), "")
        + _section("Stack", _outputs(snap), "")
    )


def _models(hosted: Sequence[HostedEndpoint], now: datetime) -> str:
    rows = (
        (
            f"<strong>{_text(each.model or '-')}</strong><br><code>{_text(each.endpoint)}</code>",
            _state(each.status) + (f"<br>{_text(each.failure_reason)}" * bool(each.failure_reason)),
            f"<code>{_text(each.version or '-')}</code>",
            f"{duration_text(now - each.changed)} ago",
            "<br>".join(_triton(server) for server in each.servers) or "-",
            "<br>".join(f'<a href="{_text(url)}">{_text(name)}</a>' for name, url in each.files),
        )
        for each in hosted
    )
    return _table(("Model, endpoint", "State", "Version", "Changed", "Triton", "Files"), rows)


def _triton(server: Server) -> str:
    return f"{_text(server.name)}: pid {server.pid}, {_memory(server)}"


def _deployments(deployments: Sequence[Deployment], now: datetime) -> str:
    rows = (
        (
            _text(each.model),
            _state(each.status),
            f"{duration_text(now - each.started)} ago",
            duration_text((each.ended or now) - each.started),
            f"<code>{_text(each.execution_arn.rpartition(':')[2])}</code>",
        )
        for each in deployments
    )
    return _table(("Model", "State", "Started", "Took", "Execution"), rows)


def _processes(processes: Sequence[Server]) -> str:
    rows = (
        (
            _text(each.name),
            _text(each.url),
            str(each.pid),
            _memory(each),
            f"<code>{_text(each.log)}</code>",
        )
        for each in processes
    )
    return _table(("Process", "URL", "Pid", "Memory", "Log"), rows)


def _outputs(snap: Snapshot) -> str:
    rows = ((_text(k), f"<code>{_text(v)}</code>") for k, v in snap.cloud.outputs.items())
    return _table(("Output", "Value"), rows)


def _section(title: str, table: str, if_empty: str) -> str:
    return f"<h2>{title}</h2>" + (table or f'<p class="soft">{if_empty}</p>')


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    if not body:
        return ""
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _state(status: str) -> str:
    kind = "good" if status in _GOOD else "bad" if status in _BAD else "soft"
    return f'<span class="{kind}">{_text(status)}</span>'


def _memory(server: Server) -> str:
    return f"{server.memory_bytes / 1e6:.0f} MB"


def _text(value: object) -> str:
    return escape(str(value))


def _document(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Modeldrop: embedded cloud</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>Modeldrop's embedded cloud</h1>{body}</main></body></html>\n"
    )
