/** What the drawer shows. It is part of the URL, so that a link opens the same drawer. */

import { type Entity, entityId, entityOf } from "./entity";

export type Selection =
  | { what: "entity"; entity: Entity }
  | { what: "edge"; source: string; target: string }
  | { what: "event"; kind: string; id: string }
  | { what: "finding"; id: string }
  | { what: "signal"; incident: string; id: string };

export function selectionText(selection: Selection): string {
  switch (selection.what) {
    case "entity":
      return `entity:${entityId(selection.entity)}`;
    case "edge":
      return `edge:${selection.source}~${selection.target}`;
    case "event":
      return `event:${selection.kind}/${selection.id}`;
    case "finding":
      return `finding:${selection.id}`;
    case "signal":
      return `signal:${selection.incident}/${selection.id}`;
  }
}

export function selectionOf(text: string | undefined): Selection | null {
  const found = /^(entity|edge|event|finding|signal):(.+)$/s.exec(text ?? "");
  if (!found) return null;
  const rest = found[2]!;
  switch (found[1]) {
    case "entity": {
      const entity = entityOf(rest);
      return entity && { what: "entity", entity };
    }
    case "edge": {
      const ends = rest.split("~");
      return ends.length === 2 && ends[0] && ends[1] ? { what: "edge", source: ends[0], target: ends[1] } : null;
    }
    case "finding":
      return { what: "finding", id: rest };
    default: {
      const slash = rest.indexOf("/");
      if (slash < 1 || slash === rest.length - 1) return null;
      const [head, id] = [rest.slice(0, slash), rest.slice(slash + 1)];
      return found[1] === "event" ? { what: "event", kind: head, id } : { what: "signal", incident: head, id };
    }
  }
}
