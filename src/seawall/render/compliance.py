"""A framework's report: CSV for sheets, and one HTML file that needs no network and prints well. The words for terminals stand in the verb."""

from __future__ import annotations

import csv
import io
from html import escape

import msgspec

from seawall.model.compliance import ORDER, Compliance, ControlResult, State, Unit
from seawall.render.grouping import plural

MARKS = {
    State.FAIL: "✕",
    State.UNKNOWN: "?",
    State.ACCEPTED: "~",
    State.PASS: "✓",
    State.OUT_OF_SCOPE: "–",
    State.NOT_COVERED: "·",
}
MEANING = (
    "pass: every check that looks at the control ran, read everything and found nothing; it is no certificate. "
    "accepted: faults that somebody accepted until a day. unknown: something could not be told. "
    "out of scope: this source never holds what the checks look at. not covered: no check looks at it, so somebody else must."
)


def headline(found: Compliance) -> str:
    """The answer in one line."""
    counts = found.states
    told = ", ".join(f"{counts[state.value]} {state.value}" for state in State if counts[state.value])
    return f"{found.name} {found.version}: {told} of {len(found.controls)} controls"


def as_json(found: tuple[Compliance, ...]) -> bytes:
    """One framework as an object, several as a list."""
    return msgspec.json.format(msgspec.json.encode(found[0] if len(found) == 1 else found), indent=2) + b"\n"


def as_csv(found: tuple[Compliance, ...]) -> str:
    """A line a control. Cells that a sheet would take for formulas are quoted by an apostrophe."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(
        ("framework", "version", "control", "about", "state", "severity", "objects", "fail", "unknown", "accepted", "checks", "why")
    )  # fmt: skip
    for one in found:
        for control in one.controls:
            cells = (
                one.framework, one.version, control.id, control.title, control.state.value, control.severity, control.objects, control.fail,
                control.unknown, control.accepted, " ".join(control.checks), "; ".join(control.why),
            )  # fmt: skip
            write.writerow([_plain(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


_STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1b1f23;--dim:#5a6470;--line:#dfe3e8;--card:#fff;--fail:#a5002b;--unknown:#8a6100;--accepted:#5b3fa0;--pass:#0d6b3c;--none:#5a6470}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e4e7ea;--dim:#9aa4ae;--line:#2b3137;--card:#1b1f23;--fail:#ff7d97;--unknown:#e6b84a;--accepted:#b9a5f5;--pass:#6fd39b;--none:#9aa4ae}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:14px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:70rem;margin:0 auto;padding:1.5rem 1rem 4rem}h1{font-size:1.35rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2.2rem 0 .3rem}h3{font-size:1rem;margin:1.5rem 0 .3rem}.dim{color:var(--dim)}
.counts{display:flex;gap:.5rem;flex-wrap:wrap;margin:.8rem 0}.counts div{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.4rem .8rem;min-width:6rem}.counts b{display:block;font-size:1.3rem}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;vertical-align:top;padding:.28rem .8rem .28rem 0;border-bottom:1px solid var(--line)}th{color:var(--dim);font-weight:500}
td.n,th.n{text-align:right}td.i{white-space:nowrap}td.s{white-space:nowrap;font-weight:600}.left{columns:18rem;column-gap:2rem;padding:0;list-style:none;font-size:13px}.left li{break-inside:avoid;padding:.1rem 0}.left code{display:inline-block;min-width:4.5em}code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}.scroll{overflow-x:auto}
.fail{color:var(--fail)}.unknown{color:var(--unknown)}.accepted{color:var(--accepted)}.pass{color:var(--pass)}.out-of-scope,.not-covered{color:var(--none)}
@page{margin:16mm 14mm}
@media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--dim:#444;--line:#ccc;--card:#fff;--fail:#a5002b;--unknown:#7a5600;--accepted:#4b3190;--pass:#0a5730;--none:#555}
body{font-size:10.5pt}main{max-width:none;padding:0}table,.left{font-size:9pt}.left{columns:3}thead{display:table-header-group}tr,.counts{break-inside:avoid}h2,h3{break-after:avoid}section+section{break-before:page}.scroll{overflow:visible}}
"""


def as_html(found: tuple[Compliance, ...]) -> str:
    """The whole report as one page."""
    first = found[0]
    title = f"{first.name} {first.version}" if len(found) == 1 else f"{len(found)} frameworks"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    sections = "".join(_section(one) for one in found)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>{escape(title)}: {escape(first.cluster)}</title>'
        f"<style>{_STYLE}</style><main><h1>{escape(title)}</h1>"
        f"<p class=dim>{escape(first.cluster)} ({escape(first.scope)}), {escape(first.at)}, {escape(first.tool)}</p>"
        f"<p class=dim>{escape(MEANING)}</p>{_partial(first.partial)}{sections}</main></html>\n"
    )


def _section(one: Compliance) -> str:
    counts = "".join(
        f'<div><b class="{_class(state)}">{one.states[state.value]}</b>{state.value}</div>'
        for state in State
        if one.states[state.value]
    )
    rows = "".join(_control(control) for control in judged(one))
    return (
        f'<section><h2>{escape(headline(one))}</h2><div class="counts">{counts}</div>'
        "<div class=scroll><table><thead><tr><th>control<th>state<th>about<th class=n>objects<th>found by<th>why</thead>"
        f"<tbody>{rows}</tbody></table></div>{_units('By namespace', one.namespaces, 'the cluster')}{_units('By team', one.teams, 'nobody')}"
        f"{_not_covered(one)}</section>"
    )


def judged(one: Compliance) -> list[ControlResult]:
    """The controls that a check looks at, worst first."""
    return sorted(
        (control for control in one.controls if control.state is not State.NOT_COVERED),
        key=lambda control: ORDER[control.state],
    )


def _control(one: ControlResult) -> str:
    severity = f" ({one.severity})" if one.severity else ""
    by = ", ".join(f"<code>{escape(rule)}</code>" for rule in one.failing)
    looked = f"<span class=dim>{by and ' of '}{plural(len(one.checks), 'check')}</span>"
    return (
        f'<tr><td class=i><code>{escape(one.id)}</code><td class="s {_class(one.state)}">{MARKS[one.state]} {one.state.value}{severity}<td>{escape(one.title)}'
        f"<td class=n>{one.objects or ''}<td>{by}{looked}<td>{escape('; '.join(one.why))}"
    )


def _not_covered(one: Compliance) -> str:
    left = [control for control in one.controls if control.state is State.NOT_COVERED]
    if not left:
        return ""
    items = "".join(f"<li><code>{escape(control.id)}</code> {escape(control.title)}</li>" for control in left)
    return (
        f'<h3>Not covered by any check: somebody else must look at these {len(left)}</h3><ul class="left">{items}</ul>'
    )


def _units(heading: str, units: tuple[Unit, ...], nobody: str) -> str:
    if not units:
        return ""
    rows = "".join(
        f"<tr><td>{escape(one.name) or f'<i>{nobody}</i>'}<td class='n fail'>{one.states['fail'] or ''}<td class=n>{one.states['unknown'] or ''}"
        f"<td class=n>{one.states['accepted'] or ''}<td class=n>{one.states['pass']}<td class=n>{one.fail:,}<td><code>{escape(', '.join(one.failing))}</code>"
        for one in units
    )
    return (
        f"<h3>{heading}</h3><div class=scroll><table><thead><tr><th>name<th class=n>fail<th class=n>unknown<th class=n>accepted<th class=n>pass<th class=n>findings<th>failing controls</thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _partial(lines: tuple[str, ...]) -> str:
    if not lines:
        return ""
    return f"<h3>What was not read</h3><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _class(state: State) -> str:
    return state.value.replace(" ", "-")
