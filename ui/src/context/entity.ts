/** Names of things: `kind/namespace/name` everywhere, `_` for no namespace. Parts are URL-encoded, since names hold `:` and `/`. */

export interface Entity {
  kind: string;
  namespace: string;
  name: string;
}

const part = (text: string) => encodeURIComponent(text).replace(/~/g, "%7E").replace(/%3A/g, ":");

export function entityId(entity: Entity): string {
  return `${part(entity.kind)}/${part(entity.namespace || "_")}/${part(entity.name)}`;
}

/** Splits at the first two slashes only: ids that a server wrote unencoded (`address/_/10.0.0.0/8`) are read too. */
export function entityOf(id: string): Entity | null {
  const found = /^([^/]+)\/([^/]*)\/(.+)$/s.exec(id);
  if (!found) return null;
  try {
    const [kind, namespace, name] = [found[1]!, found[2]!, found[3]!].map(decodeURIComponent) as [
      string,
      string,
      string,
    ];
    return { kind, namespace: namespace === "_" ? "" : namespace, name };
  } catch {
    return null;
  }
}

/** The entity's kind of a Kubernetes kind: what runs pods is a workload, every kind of policy is a policy. */
export function entityKind(kind: string): string {
  if (/^(Deployment|StatefulSet|DaemonSet|ReplicaSet|CronJob|Job)$/i.test(kind)) return "workload";
  if (/policy$/i.test(kind)) return "policy";
  return kind.toLowerCase();
}

/** `ns/name`, or the name alone: how lists and chips show it. */
export function entityLabel(entity: Entity): string {
  if (entity.kind === "identity") return identityLabel(entity.name);
  return entity.namespace ? `${entity.namespace}/${entity.name}` : entity.name;
}

/** A service account as people say it: `payments/api` instead of `system:serviceaccount:payments:api`. */
export function identityLabel(user: string): string {
  const account = /^system:serviceaccount:([^:]+):(.+)$/.exec(user);
  return account ? `${account[1]}/${account[2]}` : user;
}
