"""A report as one HTML file that needs no network, reads in light and dark, works by keyboard and prints well."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from html import escape

from seawall.model.finding import Finding, Severity, Status
from seawall.model.report import Report
from seawall.render.grouping import Group, by_rule, coverage_lines, headline, plural

_STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1b1f23;--dim:#5a6470;--line:#dfe3e8;--card:#fff;--critical:#a5002b;--high:#c2360f;--medium:#8a6100;--low:#0b6a86;--info:#5a6470;--accent:#1f5fbf}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e4e7ea;--dim:#9aa4ae;--line:#2b3137;--card:#1b1f23;--critical:#ff7d97;--high:#ff9a76;--medium:#e6b84a;--low:#6cc6e0;--info:#9aa4ae;--accent:#7fb0ff}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:14px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:72rem;margin:0 auto;padding:1.5rem 1rem 4rem}h1{font-size:1.35rem;margin:0 0 .25rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}
p.dim,.dim{color:var(--dim)}.counts{display:flex;gap:.5rem;flex-wrap:wrap;margin:1rem 0}.counts div{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.5rem .9rem;min-width:6rem}
.counts b{display:block;font-size:1.4rem}.critical{color:var(--critical)}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}.info{color:var(--info)}
input{font:inherit;width:100%;max-width:32rem;padding:.4rem .6rem;border:1px solid var(--line);border-radius:6px;background:var(--card);color:var(--fg)}
details{background:var(--card);border:1px solid var(--line);border-radius:6px;margin:.4rem 0}summary{cursor:pointer;padding:.5rem .75rem;display:flex;gap:.75rem;align-items:baseline}
summary .n{margin-left:auto;color:var(--dim);white-space:nowrap}summary .s{width:5rem;font-weight:600;flex:none}:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.body{padding:0 .75rem .75rem;border-top:1px solid var(--line)}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px}td,th{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
code{font:12.5px ui-monospace,monospace;overflow-wrap:anywhere}ul{padding-left:1.1rem}
@media print{input{display:none}details{break-inside:avoid}body{background:#fff;color:#000}details>.body{display:block}}
"""

_SCRIPT = """
const box=document.querySelector('input'),all=[...document.querySelectorAll('details[data-text]')];
box.addEventListener('input',()=>{const words=box.value.toLowerCase().split(/\\s+/).filter(Boolean);for(const d of all)d.hidden=!words.every(w=>d.dataset.text.includes(w))});
addEventListener('keydown',e=>{if(e.key==='/'&&document.activeElement!==box){e.preventDefault();box.focus()}});
addEventListener('beforeprint',()=>all.forEach(d=>d.open=true));
"""

_MOST_ROWS = 200


def report(result: Report) -> str:
    """The whole report as one page."""
    groups = by_rule(result)
    found = Counter(one.severity.value for one in result.shown if one.status is Status.FAIL)
    counts = "".join(
        f'<div><b class="{name}">{found[name]:,}</b>{name}</div>'
        for name in result.summary.by_severity
        if found[name] or name != "info"
    )
    taken = result.cluster.taken_at
    when = f", {datetime.fromtimestamp(taken / 1e9, UTC):%Y-%m-%d %H:%M} UTC" if taken else ""
    fixes = {rule.id: rule.fix for rule in result.rules}
    frameworks = {
        rule.id: ", ".join(f"{name} {place}" for name, ids in rule.frameworks.items() for place in ids)
        for rule in result.rules
    }
    causes = "".join(_group(group, fixes.get(group.rule, ""), frameworks.get(group.rule, "")) for group in groups)
    accepted = _accepted([finding for finding in result.findings if finding.status is Status.SKIPPED])
    coverage = "".join(f"<li>{escape(line)}</li>" for line in coverage_lines(result))
    source = escape(f"{result.cluster.name} ({result.cluster.scope}{when}), {result.tool}")
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>Seawall: {escape(result.cluster.name)}</title>'
        f"<style>{_STYLE}</style><main><h1>{escape(headline(result))}</h1><p class=dim>{source}</p>"
        f'<div class="counts">{counts}<div><b>{result.summary.unknown:,}</b>not known</div><div><b>{result.summary.skipped:,}</b>accepted</div></div>'
        f'<h2>What to fix first</h2><p><input type="search" aria-label="Filter" placeholder="Filter by rule, object or file ( / )"></p>'
        f"{causes or '<p>Nothing was found in what could be read.</p>'}{_resolved(result)}{accepted}"
        f"<h2>What was read, and what was not</h2><ul>{coverage}</ul></main><script>{_SCRIPT}</script></html>\n"
    )


def _group(group: Group, fix: str, frameworks: str) -> str:
    rows = "".join(_row(finding) for finding in group.findings[:_MOST_ROWS])
    more = len(group.findings) - _MOST_ROWS
    rest = f"<p class=dim>and {more:,} more (-o json lists them)</p>" if more > 0 else ""
    text = escape(
        " ".join((group.rule, group.title, *(f"{f.owner} {f.file}" for f in group.findings[:_MOST_ROWS]))).lower(),
        quote=True,
    )
    notes = f"<p><b>Fix</b> {escape(fix)}</p>" if fix else ""
    notes += f"<p class=dim>{escape(frameworks)}</p>" if frameworks else ""
    severity: Severity = group.severity
    return (
        f'<details data-text="{text}"><summary><span class="s {severity.value}">{severity.value}</span><span>{escape(group.title)} '
        f"<code class=dim>{escape(group.rule)}</code></span><span class=n>{plural(group.objects, 'object')}</span></summary>"
        f'<div class="body">{notes}<div class=scroll><table><tr><th>object<th>place<th>field<th>what{rows}</table></div>{rest}</div></details>'
    )


def _row(finding: Finding) -> str:
    times = f" (x{finding.count})" if finding.count > 1 else ""
    return (
        f"<tr><td>{escape(str(finding.owner))}<td><code>{escape(finding.place)}</code><td><code>{escape(finding.path)}</code>"
        f"<td>{escape(finding.message)}{times}"
    )


def _resolved(result: Report) -> str:
    if result.baseline is None or not result.baseline.resolved:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(one.rule)}</code><td>{escape(str(one.owner))}<td><code>{escape(one.path)}</code>"
        for one in result.baseline.resolved
    )
    return f"<h2>Resolved</h2><div class=scroll><table><tr><th>rule<th>object<th>field{rows}</table></div>"


def _accepted(findings: list[Finding]) -> str:
    if not findings:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(one.rule)}</code><td>{escape(str(one.owner))}<td>{escape(kept.reason)}<td>{escape(kept.owner)}<td>{escape(kept.until)}"
        for one in findings
        if (kept := one.suppression) is not None
    )
    return f"<h2>Accepted</h2><div class=scroll><table><tr><th>rule<th>object<th>reason<th>owner<th>until{rows}</table></div>"
