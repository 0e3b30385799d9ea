import { expect, test } from "vitest";
import type { WhatCan } from "~/api/types";
import { grantsOf } from "./GrantGraph";

const permission = (by: string, binding: string, role: string) => ({
  text: "get pods",
  scope: "everywhere",
  binding,
  role,
  by,
});
const answer = (parts: Partial<WhatCan>) => ({ permissions: [], powers: [], ...parts }) as unknown as WhatCan;

test("what is bound twice stands once, with a line each", () => {
  const found = grantsOf(
    answer({
      permissions: [
        permission("User a", "B/1", "R/x"),
        permission("User a", "B/2", "R/x"),
        permission("Group g", "B/2", "R/x"),
      ],
      powers: [
        {
          power: "p",
          title: "may do everything",
          reach: "cluster",
          scope: "everywhere",
          steps: [],
          attack: [],
          roles: ["R/x"],
        },
      ],
    }),
  );
  expect(found.columns).toEqual([["User a", "Group g"], ["B/1", "B/2"], ["R/x"], ["may do everything"]]);
  expect(found.lines).toEqual([
    [0, 0, 0],
    [1, 0, 0],
    [0, 0, 1],
    [1, 1, 0],
    [0, 1, 1],
    [2, 0, 0],
  ]);
});

test("of many bindings the first are shown, and how many are not", () => {
  const found = grantsOf(
    answer({ permissions: Array.from({ length: 20 }, (_, index) => permission("User a", `B/${index}`, `R/${index}`)) }),
  );
  expect(found.columns.map((column) => column.length)).toEqual([1, 12, 12, 0]);
  expect(found.hidden).toEqual([0, 8, 8, 0]);
  expect(
    found.lines.every(([column, from, to]) => found.columns[column]![from] && found.columns[column + 1]![to]),
  ).toBe(true);
});
