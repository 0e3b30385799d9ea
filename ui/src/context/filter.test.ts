import { describe, expect, it } from "vitest";
import { parse, render, typingAt, withoutTerm, withTerm, written } from "./filter";

const terms = (text: string) =>
  parse(text).terms.map(({ field, comparison, values, negated }) => ({
    field,
    comparison,
    values: values.map((value) => value.text),
    negated,
  }));

describe("parse", () => {
  it("reads fields, alternatives, comparisons, negation and words", () => {
    expect(terms('verdict:denied,audit dst_port>=1024 -src_namespace:"kube system" web')).toEqual([
      { field: "verdict", comparison: ":", values: ["denied", "audit"], negated: false },
      { field: "dst_port", comparison: ">=", values: ["1024"], negated: false },
      { field: "src_namespace", comparison: ":", values: ["kube system"], negated: true },
      { field: "", comparison: ":", values: ["web"], negated: false },
    ]);
  });

  it("takes colons, slashes and stars in a bare value, and quotes within quotes", () => {
    expect(terms("user:system:serviceaccount:ci:deployer policies:a/*")).toEqual([
      { field: "user", comparison: ":", values: ["system:serviceaccount:ci:deployer"], negated: false },
      { field: "policies", comparison: ":", values: ["a/*"], negated: false },
    ]);
    expect(terms('name:"a \\"b\\" \\\\c"')[0]!.values).toEqual(['a "b" \\c']);
  });

  it.each([
    ["verdict:", 8],
    ['name:"open', 5],
    ["port>1,2", 6],
    ['a"b"', 1],
    ["-", 1],
  ])("says where %s stops making sense", (text, position) => {
    expect(parse(text).fault?.position).toBe(position);
  });

  it("keeps the terms before a fault", () => {
    expect(parse("verdict:denied name:").terms).toHaveLength(1);
  });
});

describe("render", () => {
  it("gives back what it read", () => {
    for (const text of ['verdict:denied,audit -x:"a b" n>=3 word', '"quoted word" f:*', ""])
      expect(render(parse(text).terms)).toBe(text);
  });

  it("quotes what would otherwise mean something else", () => {
    expect(written("plain")).toBe("plain");
    expect(written("with space")).toBe('"with space"');
    expect(written("star*")).toBe('"star*"');
    expect(written("-minus")).toBe('"-minus"');
    expect(written('quo"te')).toBe('"quo\\"te"');
    for (const value of ["a b", 'x"y', "back\\slash", "a,b", "*", "-n", ":x"])
      expect(parse(`f:${written(value)}`).terms[0]!.values[0]!.text).toBe(value);
  });
});

describe("withTerm", () => {
  it("adds a term once, and turns it round", () => {
    const once = withTerm("word", "verdict", "denied");
    expect(once).toBe("word verdict:denied");
    expect(withTerm(once, "verdict", "denied")).toBe(once);
    expect(withTerm(once, "verdict", "denied", true)).toBe("word -verdict:denied");
  });

  it("takes one out", () => expect(withoutTerm("a b:c d", 1)).toBe("a d"));
});

describe("typingAt", () => {
  it("knows a field's beginning", () => {
    expect(typingAt("verd", 4)).toEqual({ what: "field", prefix: "verd", from: 0, to: 4, negated: false });
    expect(typingAt("a:b -ver", 8)).toMatchObject({ what: "field", prefix: "ver", from: 5, negated: true });
    expect(typingAt("a:b ", 4)).toMatchObject({ what: "field", prefix: "", from: 4 });
  });

  it("knows a value's beginning, also after a comma and within quotes", () => {
    expect(typingAt("verdict:den", 11)).toEqual({ what: "value", field: "verdict", prefix: "den", from: 8, to: 11 });
    expect(typingAt("verdict:denied,al", 17)).toMatchObject({ field: "verdict", prefix: "al", from: 15 });
    expect(typingAt('name:"two wor', 13)).toMatchObject({ what: "value", field: "name", prefix: "two wor", from: 5 });
  });

  it("replaces what stands after the cursor in the same value", () => {
    expect(typingAt("verdict:denied x", 10)).toMatchObject({ prefix: "de", from: 8, to: 14 });
  });
});
