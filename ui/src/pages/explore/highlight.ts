/** Pieces of SQL by what they are, for colour only: what is not understood stays plain. */

export type Piece = { text: string; kind: "keyword" | "string" | "number" | "comment" | "plain" };

const KEYWORDS = new Set(
  "select from where and or not in is null as order by group having limit offset join left right inner full cross on using union all distinct with case when then else end between like ilike asc desc array global any final prewhere sample settings interval over partition rows".split(
    " ",
  ),
);

const TOKEN =
  /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^'\\]|\\.|'')*(?:'|$))|(\b\d+(?:\.\d+)?\b)|([A-Za-z_][A-Za-z0-9_]*)|([\s\S])/g;

export function pieces(sql: string): Piece[] {
  const found: Piece[] = [];
  for (const match of sql.matchAll(TOKEN)) {
    const [text, comment, string, number, word] = match;
    const kind = comment
      ? "comment"
      : string
        ? "string"
        : number
          ? "number"
          : word && KEYWORDS.has(word.toLowerCase())
            ? "keyword"
            : "plain";
    const last = found.at(-1);
    if (last && last.kind === kind && kind === "plain") last.text += text;
    else found.push({ text, kind });
  }
  return found;
}

/** The word before the cursor, for completion. */
export function wordAt(text: string, cursor: number): { word: string; from: number } {
  const before = /[A-Za-z_][A-Za-z0-9_.]*$/.exec(text.slice(0, cursor));
  return before ? { word: before[0], from: before.index } : { word: "", from: cursor };
}

/** What all names that begin with the word have in common beyond it; "" if nothing does. */
export function completed(names: string[], word: string): string {
  if (!word) return "";
  const matches = names.filter((name) => name.startsWith(word) && name !== word);
  if (matches.length === 0) return "";
  let common = matches[0]!;
  for (const name of matches) while (!name.startsWith(common)) common = common.slice(0, -1);
  return common.slice(word.length);
}
