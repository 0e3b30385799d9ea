import { describe, expect, it } from "vitest";
import { followed } from "~/api/events";
import { completed, pieces, wordAt } from "./explore/highlight";
import { hits, others } from "./incidents/tactics";

describe("SQL", () => {
  it("is coloured without losing a character", () => {
    const sql = "SELECT 'it''s', 12 -- why\nFROM flow /* open";
    expect(
      pieces(sql)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(sql);
    expect(
      pieces("select 'x' 1 -- c")
        .filter((piece) => piece.kind !== "plain")
        .map((piece) => piece.kind),
    ).toEqual(["keyword", "string", "number", "comment"]);
  });

  it("completes what all candidates share", () => {
    expect(wordAt("SELECT src_na", 13)).toEqual({ word: "src_na", from: 7 });
    expect(completed(["src_namespace", "src_name"], "src_")).toBe("name");
    expect(completed(["flow"], "x")).toBe("");
  });
});

describe("tactics", () => {
  it("are known by name, id and number, and strangers are kept", () => {
    expect([...hits(["Initial Access", "TA0007", "exfiltration"])].sort()).toEqual([
      "discovery",
      "exfiltration",
      "initial-access",
    ]);
    expect(others(["discovery", "Something New"])).toEqual(["Something New"]);
  });
});

describe("a followed list", () => {
  const index = (...names: string[]) => new Map(names.map((name, at) => [name, at]));

  it("begins with what was stored, counts rows once, and brings columns into one order", () => {
    const tail = {
      rows: [
        ["3", "c"],
        ["2", "b"],
      ],
      index: index("event_id", "x"),
    };
    const stored = {
      rows: [
        ["b", "2"],
        ["a", "1"],
      ],
      index: index("x", "event_id"),
    };
    expect(followed(tail, stored).rows).toEqual([
      ["3", "c"],
      ["2", "b"],
      ["1", "a"],
    ]);
  });
});
