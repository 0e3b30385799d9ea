import type { Entity } from "./entity";
import { withTerm } from "./filter";

/** The filter that names the flows from one end to another. */
export function edgeFilter(source: Entity, target: Entity): string {
  return side(side("", "src", source), "dst", target);
}

function side(filter: string, which: "src" | "dst", entity: Entity): string {
  switch (entity.kind) {
    case "namespace":
      return withTerm(filter, `${which}_namespace`, entity.name);
    case "address":
      return withTerm(filter, `${which}_address`, entity.name);
    case "node":
      return withTerm(filter, `${which}_node`, entity.name);
    case "pod":
      return withTerm(withTerm(filter, `${which}_namespace`, entity.namespace), `${which}_pod`, entity.name);
    default:
      return withTerm(withTerm(filter, `${which}_namespace`, entity.namespace), `${which}_workload`, entity.name);
  }
}
