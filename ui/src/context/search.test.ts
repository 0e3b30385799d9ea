import { describe, expect, it } from "vitest";
import { contextOf, contextParams, narrowedTo, parseSearch, stringifySearch, toggled, windowOf } from "./search";

describe("the URL", () => {
  it("reads lists, texts and live, and drops what it does not know", () => {
    expect(parseSearch("?namespace=a&namespace=b&namespace=a&q=verdict%3Adenied&live=1&lens=health&x=1&to=")).toEqual({
      namespace: ["a", "b"],
      q: "verdict:denied",
      live: "1",
      lens: "health",
    });
  });

  it("survives a round trip with everything in it", () => {
    const search = {
      cluster: ["b3a1"],
      namespace: ["payments", "check out"],
      workload: ["ci/build-runner"],
      identity: ["system:serviceaccount:ci:deployer"],
      address: ["2001:db8::1", "10.0.0.0/8"],
      from: "2026-03-01T12:00:00Z",
      to: "now",
      live: "1" as const,
      q: 'name:"a b" -x:1,2 50% +more & = # ü',
      sel: "edge:workload/a/b~address/_/2001:db8::1",
      tab: "events",
      hide: "a*",
    };
    expect(parseSearch(stringifySearch(search))).toEqual(search);
  });

  it("stays readable", () => {
    expect(stringifySearch({ workload: ["ci/build-runner"], q: "verdict:denied,audit x" })).toBe(
      "?workload=ci/build-runner&q=verdict:denied,audit+x",
    );
    expect(stringifySearch({})).toBe("");
  });
});

describe("the context", () => {
  it("leaves behind what belongs to a page", () => {
    expect(contextOf(parseSearch("?namespace=a&q=x&lens=health&sel=finding:1&from=now-6h"))).toEqual({
      namespace: ["a"],
      q: "x",
      from: "now-6h",
    });
  });

  it("has a window of an hour unless told otherwise, and live ends now", () => {
    expect(windowOf({})).toEqual({ from: "now-1h", to: "now", live: false });
    expect(windowOf({ from: "now-15m", to: "2026-01-01T00:00:00Z", live: "1" })).toEqual({
      from: "now-15m",
      to: "now",
      live: true,
    });
    expect(contextParams({ namespace: ["a"] })).toMatchObject({ namespace: ["a"], from: "now-1h", to: "now" });
  });

  it("toggles chips", () => {
    const once = toggled({ q: "x" }, "namespace", "a");
    expect(once).toEqual({ q: "x", namespace: ["a"] });
    expect(toggled(once, "namespace", "a").namespace).toBeUndefined();
  });

  it("is narrowed to one thing, whatever it is", () => {
    expect(narrowedTo({ namespace: ["a"], q: "x" }, { kind: "workload", namespace: "p", name: "api" })).toMatchObject({
      workload: ["p/api"],
      namespace: undefined,
      q: "x",
    });
    expect(narrowedTo({}, { kind: "pod", namespace: "p", name: "api-1" })).toMatchObject({
      namespace: ["p"],
      q: '"api-1"',
    });
    expect(narrowedTo({ q: "x" }, { kind: "service", namespace: "p", name: "api" }).q).toBe("x dst_service:p/api");
  });
});
