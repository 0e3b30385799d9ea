import { describe, expect, it } from "vitest";
import { bytes, count, duration, exact, plural, share } from "./numbers";
import { conditionOf } from "./sources";
import { moment, relative, windowWords } from "./time";

describe("numbers", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1 k"],
    [12_400, "12.4 k"],
    [999_960, "1 M"],
    [3_140_000, "3.1 M"],
    [-1500, "−1.5 k"],
  ])("%d is %s", (value, text) => expect(count(value)).toBe(text));

  it("have units", () => {
    expect(bytes(812)).toBe("812 B");
    expect(bytes(4300)).toBe("4.2 KiB");
    expect(exact(1234567)).toBe("1,234,567");
    expect(plural(1, "pod")).toBe("1 pod");
    expect(plural(2, "policy", "policies")).toBe("2 policies");
  });

  it("never round something to nothing, nor almost all to all", () => {
    expect(share(0, 10)).toBe("0 %");
    expect(share(1, 1_000_000)).toBe("<0.01 %");
    expect(share(999_999, 1_000_000)).toBe(">99.99 %");
    expect(share(10, 10)).toBe("100 %");
    expect(share(1, 0)).toBe("–");
    expect(share(21, 1000)).toBe("2.1 %");
  });

  it.each([
    [0, "0 s"],
    [0.0000004, "400 ns"],
    [0.0124, "12.4 ms"],
    [42, "42 s"],
    [125, "2 min"],
    [7500, "2 h 5 min"],
    [200_000, "2 d"],
  ])("%d s is %s", (value, text) => expect(duration(value)).toBe(text));
});

describe("times", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");

  it("are relative in lists", () => {
    expect(relative(now - 500, now)).toBe("just now");
    expect(relative(now - 12_000, now)).toBe("12 s ago");
    expect(relative(now + 180_000, now)).toBe("in 3 min");
  });

  it("carry the day only where the clock alone would not do", () => {
    expect(moment(now - 3_600_000, now)).not.toContain("-");
    expect(moment(now - 86_400_000, now)).toMatch(/^02-28 /);
    expect(moment(now - 1, now, true)).toMatch(/\.\d{3}$/);
  });

  it("say a window without repeating the day", () => {
    expect(windowWords(now - 3_600_000, now).match(/2026/g)).toHaveLength(1);
    expect(windowWords(now - 86_400_000, now).match(/2026/g)).toHaveLength(2);
  });
});

describe("a source", () => {
  const lastEvent = "2026-03-01T11:59:58Z";

  it("is as the server says, and unknown where it never spoke", () => {
    for (const state of ["ok", "silent", "losing"] as const) expect(conditionOf({ state, lastEvent })).toBe(state);
    expect(conditionOf({ state: "silent", lastEvent: null })).toBe("unknown");
    expect(conditionOf({ state: "losing", lastEvent: null })).toBe("losing");
  });
});
