"""The status page at the root URL of an embedded cloud: HTML without scripts.

It is the page of all models that Write Report stores in the artifact bucket, with working links,
running deployments, the inbox and the processes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from model_packager.duration import duration_text
from modeldrop.live.reports import index_with_links
from modeldrop.local import cloud_state, snapshot
from modeldrop.local.inbox import read_inbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modeldrop.local.inbox import Received
    from modeldrop.local.snapshot import Deployment, HostedEndpoint, Server, Snapshot

_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d);
  --good: light-dark(#116329, #56d364); --bad: light-dark(#b3202c, #ff8f88);
  --soft: light-dark(#57606a, #a6aeb8); }
.local { margin: 1rem 0; } .local .wide { overflow-x: auto; }
.local table { border-collapse: collapse; width: 100%; }
.local th, .local td { border-bottom: 1px solid var(--line); padding: .4rem .8rem .4rem 0;
  text-align: left; vertical-align: top; } .local .wide code { white-space: nowrap; }
.local th { color: var(--soft); font-weight: 600; } .local code { overflow-wrap: anywhere; }
.local h2 { margin-top: 1.5rem; } .local pre { overflow-x: auto; }
.local summary { cursor: pointer; }
.local .good { color: var(--good); } .local .bad { color: var(--bad); }
.local .soft { color: var(--soft); }
"""
_PLAIN = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
"""
_GOOD, _BAD = {"InService", "SUCCEEDED"}, {"Failed", "FAILED", "ABORTED", "TIMED_OUT"}


def page(home: Path) -> str:
    """Render the current status page of this home's cloud."""
    running = cloud_state.find(home)
    if running is None:
        return _document("<p>The embedded cloud is starting. Reload this page in a moment.</p>")
    session = running.session()
    return render(
        snapshot.take(running),
        datetime.now(UTC),
        index=index_with_links(session, running.output("ArtifactBucketName")),
        inbox=read_inbox(session, running.outputs),
    )


def render(
    snap: Snapshot, now: datetime, index: str | None = None, inbox: Sequence[Received] = ()
) -> str:
    """Render a snapshot as HTML. All text is escaped.

    Args:
        snap: the processes, endpoints and deployments.
        now: the current time.
        index: the stored page of all models; None if there is no page yet.
        inbox: the newest notifications, newest first.
    """
    top, rest = _top(snap, now), _rest(snap, now, inbox)
    if index is None:
        return _document(top + '<p class="soft">No model is deployed yet.</p>' + rest)
    listed = _with_starting(index, snap.deployments, now)
    styled = listed.replace("</head>", f"<style>{_STYLE}</style></head>", 1)
    topped = styled.replace("<main>", f'<main><div class="local">{top}</div>', 1)
    main, end, footer = topped.rpartition("</main>")
    return f'{main}<div class="local">{rest}</div>{end}{footer}'


def _with_starting(index: str, deployments: Sequence[Deployment], now: datetime) -> str:
    """Add the models that are being deployed for the first time, which the stored table lacks."""
    known = index.partition("<tbody>")[2]
    starting = {each.model: each for each in reversed(deployments) if each.ended is None}
    rows = "".join(
        f'<tr class="starting"><th scope="row">{_text(model)}</th>'
        f'<td colspan="9"><span class="status note">starting</span> '
        f"for {duration_text(now - each.started)}</td></tr>"
        for model, each in starting.items()
        if f'title="{_text(model)}"' not in known
    )
    return index.replace("<tbody>", f"<tbody>{rows}", 1)


def _top(snap: Snapshot, now: datetime) -> str:
    up = duration_text(now - snap.cloud.started)
    running = [each for each in snap.deployments if each.ended is None]
    return (
        f"<p>Local cloud, up for {up} in <code>{_text(snap.cloud.home)}</code>; reload to refresh. "
        "Point AWS tools at it with "
        f'<code>eval "$(modeldrop local env --home {_text(snap.cloud.home)})"</code>.</p>'
        + (_section("Running now", _deployments(running, now), "") if running else "")
    )


def _rest(snap: Snapshot, now: datetime, inbox: Sequence[Received]) -> str:
    return (
        _section("Inbox", _inbox(inbox, now), "No notifications yet.")
        + _section("Last deployments", _deployments(snap.deployments, now), "No deployments yet.")
        + _folded("Endpoints", _models(snap.hosted, now) or "None.")
        + _folded("Processes", _processes(snap.processes))
        + _folded("Stack", _outputs(snap))
    )


def _inbox(inbox: Sequence[Received], now: datetime) -> str:
    """Render each notification as its subject, which expands to the text of the email."""
    return "".join(
        f"<details><summary>{_text(each.published.subject)} "
        f'<span class="soft">{duration_text(now - each.at)} ago</span></summary>'
        f"<pre>{_text(each.published.words)}</pre></details>"
        for each in inbox
    )


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>{content}</details>"


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
        f"<title>Modeldrop: embedded cloud</title><style>{_PLAIN}{_STYLE}</style></head>"
        '<body><main class="local"><h1>Modeldrop\'s embedded cloud</h1>'
        f"{body}</main></body></html>\n"
    )
