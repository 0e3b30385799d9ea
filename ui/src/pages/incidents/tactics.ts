/** The tactics of MITRE ATT&CK in the order of an attack (enterprise matrix, version 16: fourteen tactics). */

export const TACTICS = [
  { id: "reconnaissance", ta: "TA0043", name: "Reconnaissance" },
  { id: "resource-development", ta: "TA0042", name: "Resource development" },
  { id: "initial-access", ta: "TA0001", name: "Initial access" },
  { id: "execution", ta: "TA0002", name: "Execution" },
  { id: "persistence", ta: "TA0003", name: "Persistence" },
  { id: "privilege-escalation", ta: "TA0004", name: "Privilege escalation" },
  { id: "defense-evasion", ta: "TA0005", name: "Defense evasion" },
  { id: "credential-access", ta: "TA0006", name: "Credential access" },
  { id: "discovery", ta: "TA0007", name: "Discovery" },
  { id: "lateral-movement", ta: "TA0008", name: "Lateral movement" },
  { id: "collection", ta: "TA0009", name: "Collection" },
  { id: "command-and-control", ta: "TA0011", name: "Command and control" },
  { id: "exfiltration", ta: "TA0010", name: "Exfiltration" },
  { id: "impact", ta: "TA0040", name: "Impact" },
] as const;

/** The tactics that stages name, however they are written: `Initial Access`, `initial-access`, `TA0001`. */
export function hits(stages: string[]): Set<string> {
  const wanted = new Set(
    stages.map((stage) =>
      stage
        .trim()
        .toLowerCase()
        .replace(/[\s_]+/g, "-"),
    ),
  );
  return new Set(
    TACTICS.filter((tactic) => wanted.has(tactic.id) || wanted.has(tactic.ta.toLowerCase())).map((tactic) => tactic.id),
  );
}

/** Stages that are no tactic of the list: shown as they are, never dropped. */
export function others(stages: string[]): string[] {
  return stages.filter((stage) => hits([stage]).size === 0);
}
