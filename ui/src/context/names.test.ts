import { describe, expect, it } from "vitest";
import { edgeFilter } from "./edge";
import { entityId, entityKind, entityLabel, entityOf, identityLabel } from "./entity";
import { selectionOf, selectionText } from "./selection";
import { lastSpan, millis, typedMoment } from "./time";

describe("entities", () => {
  it("have one id, whatever their name holds", () => {
    for (const entity of [
      { kind: "workload", namespace: "payments", name: "api" },
      { kind: "identity", namespace: "", name: "system:serviceaccount:ci:deployer" },
      { kind: "identity", namespace: "", name: "CN=a/b~c, O=d%e" },
      { kind: "address", namespace: "", name: "2001:db8::/32" },
    ])
      expect(entityOf(entityId(entity))).toEqual(entity);
  });

  it("are read also where a server did not encode", () => {
    expect(entityOf("address/_/10.0.0.0/8")).toEqual({ kind: "address", namespace: "", name: "10.0.0.0/8" });
    expect(entityOf("nonsense")).toBeNull();
    expect(entityOf("identity/_/100%")).toBeNull();
  });

  it("are shown as people say them", () => {
    expect(entityLabel({ kind: "workload", namespace: "a", name: "b" })).toBe("a/b");
    expect(identityLabel("system:serviceaccount:ci:deployer")).toBe("ci/deployer");
    expect(identityLabel("maria@example.org")).toBe("maria@example.org");
    expect(entityKind("StatefulSet")).toBe("workload");
    expect(entityKind("CiliumNetworkPolicy")).toBe("policy");
    expect(entityKind("ClusterRole")).toBe("clusterrole");
  });
});

describe("selections", () => {
  it("survive the URL", () => {
    for (const selection of [
      { what: "entity" as const, entity: { kind: "workload", namespace: "a", name: "b" } },
      { what: "edge" as const, source: "workload/a/b", target: "address/_/1.2.3.4" },
      { what: "event" as const, kind: "flow", id: "batch-7.12" },
      { what: "finding" as const, id: "0af3" },
      { what: "signal" as const, incident: "inc-1", id: "s/1" },
    ])
      expect(selectionOf(selectionText(selection))).toEqual(selection);
  });

  it("are none where they make no sense", () => {
    for (const text of [undefined, "", "x:1", "edge:a", "event:flow", "signal:/x"])
      expect(selectionOf(text)).toBeNull();
  });
});

describe("the flows of an edge", () => {
  it("are named by both ends", () => {
    expect(
      edgeFilter(
        { kind: "workload", namespace: "a", name: "b" },
        { kind: "address", namespace: "", name: "2001:db8::1" },
      ),
    ).toBe("src_namespace:a src_workload:b dst_address:2001:db8::1");
    expect(
      edgeFilter({ kind: "namespace", namespace: "", name: "a" }, { kind: "namespace", namespace: "", name: "b" }),
    ).toBe("src_namespace:a dst_namespace:b");
  });
});

describe("moments", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");

  it("are relative to a now that is handed in", () => {
    expect(millis("now", now)).toBe(now);
    expect(millis("now-15m", now)).toBe(now - 900_000);
    expect(millis("2026-03-01T11:00:00.5Z", now)).toBe(now - 3_599_500);
    expect(millis("yesterday", now)).toBeNaN();
  });

  it("know their span", () => {
    expect(lastSpan("now-6h", "now")).toBe("6h");
    expect(lastSpan("now-6h", "2026-03-01T12:00:00Z")).toBeNull();
  });

  it("are read as people type them", () => {
    expect(typedMoment("now-2h", now)).toBe("now-2h");
    expect(typedMoment("45m", now)).toBe("now-45m");
    expect(typedMoment("2026-03-01T10:00:00Z", now)).toBe("2026-03-01T10:00:00Z");
    expect(typedMoment("25:00", now)).toBeNull();
    expect(typedMoment("soon", now)).toBeNull();
  });
});
