/**
 * The free filter: the same grammar as the server's (docs/reference/api.md), so that a click can add a term,
 * a chip can remove one, and the field under the cursor is known while somebody types.
 *
 *   term = [ "-" ] ( field ":" value { "," value } | field ( ">=" | "<=" | ">" | "<" ) value | word )
 */

export type Comparison = ":" | ">=" | "<=" | ">" | "<";

export interface Value {
  text: string;
  quoted: boolean;
}

/** One condition. `field` is "" for a word; `start` and `end` are offsets in the text. */
export interface Term {
  field: string;
  comparison: Comparison;
  values: Value[];
  negated: boolean;
  start: number;
  end: number;
}

export interface Fault {
  message: string;
  position: number;
}

const FIELD = /([A-Za-z_][A-Za-z0-9_]*(?:\.[^\s:"<>=,]+)?)(:|>=|<=|>|<)/y;
const BARE_VALUE = /[^\s,"]+/y;
const BARE_WORD = /[^\s"]+/y;
const QUOTED = /"((?:[^"\\]|\\["\\])*)"/y;

function at(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

/** The terms of a filter, or where it stops making sense. An unfinished last term is a fault, as the server sees it too. */
export function parse(text: string): { terms: Term[]; fault: Fault | null } {
  const terms: Term[] = [];
  let position = 0;
  const fail = (message: string, where: number) => ({ terms, fault: { message, position: where } });
  while (true) {
    while (position < text.length && /\s/.test(text[position]!)) position++;
    if (position >= text.length) return { terms, fault: null };
    const start = position;
    const negated = text[position] === "-";
    if (negated) position++;
    const field = at(FIELD, text, position);
    const values: Value[] = [];
    if (field) position += field[0].length;
    while (true) {
      if (text[position] === '"') {
        const quoted = at(QUOTED, text, position);
        if (!quoted) return fail("a quote that is not closed", position);
        values.push({ text: quoted[1]!.replace(/\\(.)/g, "$1"), quoted: true });
        position += quoted[0].length;
      } else {
        const bare = at(field ? BARE_VALUE : BARE_WORD, text, position);
        if (!bare)
          return fail(field ? `a value after ${field[0]} is missing` : "a word or a field is missing", position);
        values.push({ text: bare[0], quoted: false });
        position += bare[0].length;
      }
      if (!field || text[position] !== ",") break;
      if (field[2] !== ":") return fail(`${field[2]} takes one value`, position);
      position++;
    }
    if (position < text.length && !/\s/.test(text[position]!)) return fail("a space is missing", position);
    terms.push({
      field: field?.[1] ?? "",
      comparison: (field?.[2] as Comparison | undefined) ?? ":",
      values,
      negated,
      start,
      end: position,
    });
  }
}

/** How a value must be written to be taken literally. */
export function written(value: Value | string): string {
  const text = typeof value === "string" ? value : value.text;
  const quoted = typeof value === "string" ? !/^[^\s,"*<>=:-][^\s,"*]*$/.test(text) : value.quoted;
  return quoted ? `"${text.replace(/[\\"]/g, "\\$&")}"` : text;
}

export function render(terms: Pick<Term, "field" | "comparison" | "values" | "negated">[]): string {
  return terms
    .map((term) => {
      const values = term.values.map(written).join(",");
      return (term.negated ? "-" : "") + (term.field ? `${term.field}${term.comparison}${values}` : values);
    })
    .join(" ");
}

/** The filter with one more condition. The same condition is never there twice, and its opposite gives way. */
export function withTerm(filter: string, field: string, value: string, negated = false): string {
  const { terms, fault } = parse(filter);
  const added = `${negated ? "-" : ""}${field}:${written(value)}`;
  if (fault) return `${filter.trimEnd()} ${added}`.trim();
  const same = (term: Term) =>
    term.field === field && term.comparison === ":" && term.values.length === 1 && term.values[0]!.text === value;
  return [render(terms.filter((term) => !same(term))), added].filter(Boolean).join(" ");
}

export function withoutTerm(filter: string, index: number): string {
  return render(parse(filter).terms.filter((_, position) => position !== index));
}

/** What is being typed at the cursor: a field's name, or a value of a field; and which part of the text a choice replaces. */
export type Typing =
  | { what: "field"; prefix: string; from: number; to: number; negated: boolean }
  | { what: "value"; field: string; prefix: string; from: number; to: number };

export function typingAt(text: string, cursor: number): Typing {
  let start = 0;
  let inQuotes = false;
  for (let index = 0; index < cursor; index++) {
    const letter = text[index]!;
    if (letter === "\\" && inQuotes) index++;
    else if (letter === '"') inQuotes = !inQuotes;
    else if (/\s/.test(letter) && !inQuotes) start = index + 1;
  }
  let end = cursor;
  while (end < text.length && !/[\s,]/.test(text[end]!)) end++;
  const term = text.slice(start, cursor);
  const negated = term.startsWith("-");
  const field = at(FIELD, term, negated ? 1 : 0);
  if (!field)
    return { what: "field", prefix: term.slice(negated ? 1 : 0), from: start + (negated ? 1 : 0), to: end, negated };
  let from = start + field.index + field[0].length;
  const rest = text.slice(from, cursor);
  let quoted = false;
  for (let index = 0; index < rest.length; index++) {
    if (rest[index] === '"') quoted = !quoted;
    else if (rest[index] === "," && !quoted) from = start + field.index + field[0].length + index + 1;
  }
  return { what: "value", field: field[1]!, prefix: text.slice(from, cursor).replace(/^"/, ""), from, to: end };
}
