/** Every command line that the console offers. `tests/meta/test_commands.py` reads them here and gives each to the real command line. */

import type { EventKind } from "~/api/types";
import type { Entity } from "~/context/entity";

/** One word of a shell, quoted unless it is plain. */
export const word = (text: string) => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

export const UP = "seawall up";
export const SIGN_IN_LINK = "seawall token link";
export const DOCTOR = "seawall store doctor";
export const SCAN = "seawall scan --context your-cluster";
export const REPORT = "seawall report --framework cis-1.12 --context your-cluster";
export const WATCH = "seawall up --context your-cluster";
export const RULES = "seawall rules list";
export const INGEST_AUDIT = "seawall ingest audit audit.log --cluster your-cluster";
export const INGEST_FLOWS = "seawall ingest hubble hubble.json --cluster your-cluster";
export const LINT_POLICY = "seawall policy lint --context your-cluster";
export const REACH = "seawall policy reach --context your-cluster";
export const RECOMMEND = "seawall policy recommend --context your-cluster --since 7d";
export const WHO_CAN = "seawall access who-can get secrets --context your-cluster";
export const ACCESS_DIFF = "seawall access diff before.seawall after.seawall";

/** What fills an empty list of events of a kind; nothing collects processes yet. */
export const INGEST: Partial<Record<EventKind, string>> = {
  flow: INGEST_FLOWS,
  dns: INGEST_FLOWS,
  audit: INGEST_AUDIT,
};

export const TRY_RECOMMEND = "seawall policy recommend --demo";
export const TRY_PREVIEW = "seawall policy preview --demo --with policy.yaml";
export const TEAMS = "seawall team show --context your-cluster --contract teams.yaml";

export const query = (sql: string) => `seawall query ${word(sql)}`;

export const explainRule = (rule: string) => `seawall explain ${word(rule)}`;

export const explainConnection = (from: string, to: string, port: string | number) =>
  `seawall policy explain --context your-cluster --from ${word(from)} --to ${word(to)} --port ${port}`;

/** An end of a connection as `seawall policy explain` takes it; null for what policies do not know. */
export function policyEnd(entity: Entity): string | null {
  const name = entity.namespace ? `${entity.namespace}/${entity.name}` : entity.name;
  if (["workload", "pod", "address"].includes(entity.kind)) return name;
  return entity.kind === "service" || entity.kind === "node" ? `${entity.kind}:${name}` : null;
}

/** A question to the API, with a token from `seawall token create`. */
export const ask = (path: string) =>
  `curl -sS -H "Authorization: Bearer $SEAWALL_TOKEN" ${word(`${location.origin}/api/v1${path}`)}`;
