/** How a value of an event is shown: by its declared type and unit, and by a few columns that mean more than their text. */

import type { CellValue, EventField, EventKind } from "~/api/types";
import { identityLabel } from "~/context/entity";
import { bytes, duration, exact } from "~/format/numbers";
import { moment } from "~/format/time";
import { VerdictMark, verdictOf } from "~/marks/marks";

export interface EventColumn {
  id: string;
  head: string;
  /** The stored columns it needs. */
  needs: string[];
  width: number;
  right?: boolean;
  meaning: string;
  mono?: boolean;
}

const column = (id: string, head: string, width: number, more: Partial<EventColumn> = {}): EventColumn => ({
  id,
  head,
  width,
  needs: [id],
  meaning: "",
  ...more,
});

const end = (side: "src" | "dst", head: string): EventColumn =>
  column(`${side}_end`, head, 220, {
    needs: [`${side}_namespace`, `${side}_workload`, `${side}_domain`, `${side}_address`],
    meaning: "workload, else domain, else address",
  });

const actor: EventColumn = column("actor_workload", "Workload", 220, {
  needs: ["namespace", "workload", "pod"],
  meaning: "the workload that did it",
});

/** Columns made of several stored ones: what people read first. */
export const COMPOSITES: Record<EventKind, EventColumn[]> = {
  flow: [
    end("src", "From"),
    end("dst", "To"),
    column("port_end", "Port", 92, {
      needs: ["network_transport", "dst_port"],
      mono: true,
      meaning: "transport and destination port",
    }),
    column("decided", "Decided by", 330, {
      needs: [
        "verdict",
        "direction",
        "is_reply",
        "model_verdict",
        "egress_verdict",
        "ingress_verdict",
        "model_policy",
        "model_rule",
        "model_reason",
        "policy_since",
        "time",
      ],
      meaning: "what the policies say of it, and which rule decides; marked where the dataplane did otherwise",
    }),
    column("http", "HTTP", 190, {
      needs: ["http_request_method", "url_path", "http_response_status_code"],
      mono: true,
      meaning: "method, path and status, where parsed",
    }),
  ],
  dns: [actor],
  audit: [
    column("request", "Request", 210, {
      needs: ["verb", "resource", "subresource"],
      mono: true,
      meaning: "verb and resource",
    }),
    column("object_end", "Object", 230, { needs: ["namespace", "name"], meaning: "namespace and name of the object" }),
  ],
  process: [
    actor,
    column("command", "Command", 300, {
      needs: ["command_args", "executable_path"],
      mono: true,
      meaning: "the command line",
    }),
  ],
};

/** What a table shows before anybody chooses. */
export const DEFAULT_COLUMNS: Record<EventKind, string[]> = {
  flow: ["time", "src_end", "dst_end", "port_end", "verdict", "decided", "bytes_sent", "http"],
  dns: ["time", "actor_workload", "question", "question_type", "response_code", "latency", "server_address"],
  audit: ["time", "user", "request", "object_end", "code", "source_addresses", "user_agent_original"],
  process: ["time", "actor_workload", "action", "command", "user", "pid", "image"],
};

/** Short heads of stored columns that are often shown; others show their own name. */
const HEADS: Record<string, [string, number]> = {
  time: ["Time", 118],
  verdict: ["Verdict", 96],
  model_verdict: ["Model", 96],
  model_policy: ["Policy", 210],
  model_rule: ["Rule", 150],
  staged_verdict: ["With drafts", 96],
  bytes_sent: ["Sent", 84],
  bytes_received: ["Received", 84],
  question: ["Question", 330],
  question_type: ["Type", 64],
  response_code: ["Code", 96],
  latency: ["Latency", 84],
  server_address: ["Resolver", 120],
  user: ["Who", 220],
  code: ["Code", 64],
  source_addresses: ["From", 140],
  user_agent_original: ["Client", 220],
  action: ["Action", 80],
  pid: ["PID", 76],
  image: ["Image", 320],
};

const NUMERIC = /integer|floating/;

export function storedColumn(field: EventField): EventColumn {
  const [head, width] = HEADS[field.name] ?? [field.name, Math.min(Math.max(field.name.length * 8 + 24, 96), 220)];
  return {
    id: field.name,
    head,
    width,
    needs: [field.name],
    meaning: field.meaning,
    right: NUMERIC.test(field.type) && field.name !== "code",
    mono: /address|text$/.test(field.type),
  };
}

/** Plain text of a value, for copying and for titles. */
export function plainText(value: CellValue | undefined): string {
  if (value === null || value === undefined) return "unknown";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "object")
    return Object.entries(value)
      .map(([key, one]) => `${key}=${one}`)
      .join(", ");
  return String(value);
}

const MUTED = { color: "var(--text-3)" };
const DENIED = { color: "var(--denied)", fontWeight: 500 };
const MEDIUM = { color: "var(--medium)", fontWeight: 500 };

/** One cell of a stored column. */
export function cell(field: { name: string; type: string; unit: string }, value: CellValue | undefined, now: number) {
  if (value === null || value === undefined) return <span style={MUTED}>unknown</span>;
  if (value === "" || (Array.isArray(value) && value.length === 0)) return <span style={MUTED}>–</span>;
  const { name, type, unit } = field;
  if (name === "verdict" || name === "model_verdict" || name === "staged_verdict" || name === "decision") {
    const text = String(value);
    return <VerdictMark verdict={text} quiet={verdictOf(text) === "allowed"} soft={verdictOf(text) !== "allowed"} />;
  }
  if (type.startsWith("time") && typeof value === "string") {
    const time = Date.parse(value);
    return <span title={value}>{moment(time, now, true)}</span>;
  }
  if (name.endsWith("_policy")) return <PolicyName text={String(value)} />;
  if (unit === "By") return bytes(Number(value));
  if (unit === "ns") return duration(Number(value) / 1e9);
  if (name === "user" || name === "actor" || name === "impersonated_user")
    return <span title={String(value)}>{identityLabel(String(value))}</span>;
  if (name === "code")
    return Number(value) >= 500 ? (
      <span style={DENIED}>{String(value)}</span>
    ) : Number(value) >= 400 ? (
      <span style={MEDIUM}>{String(value)}</span>
    ) : (
      String(value)
    );
  if (name === "response_code")
    return value === "NOERROR" ? (
      String(value)
    ) : (
      <span style={value === "NXDOMAIN" ? MEDIUM : DENIED}>{String(value)}</span>
    );
  if (NUMERIC.test(type) && !/port|pid|uid|gid|code/.test(name)) return exact(Number(value));
  return plainText(value);
}

/** One cell of a composite column; `get` reads a stored value of the row. */
export function compositeCell(id: string, get: (name: string) => CellValue | undefined) {
  const text = (name: string) => {
    const value = get(name);
    return typeof value === "string" ? value : value === null || value === undefined ? "" : String(value);
  };
  switch (id) {
    case "src_end":
    case "dst_end": {
      const side = id.slice(0, 3);
      const workload = text(`${side}_workload`);
      if (workload) return <Owned namespace={text(`${side}_namespace`)} name={workload} />;
      return <span>{text(`${side}_domain`) || text(`${side}_address`) || <span style={MUTED}>unknown</span>}</span>;
    }
    case "decided":
      return <Decided get={text} />;
    case "actor_workload":
      return text("workload") || text("pod") ? (
        <Owned namespace={text("namespace")} name={text("workload") || text("pod")} />
      ) : (
        <span style={MUTED}>unknown</span>
      );
    case "object_end":
      return text("name") ? (
        <Owned namespace={text("namespace")} name={text("name")} />
      ) : (
        <span style={MUTED}>{text("namespace") ? `${text("namespace")}/*` : "all"}</span>
      );
    case "port_end":
      return `${text("network_transport")}/${text("dst_port")}`;
    case "request":
      return `${text("verb")} ${text("resource")}${text("subresource") ? `/${text("subresource")}` : ""}`;
    case "http": {
      const method = text("http_request_method");
      if (!method && !text("url_path")) return <span style={MUTED}>–</span>;
      const status = Number(text("http_response_status_code"));
      return (
        <>
          {method} {text("url_path")}{" "}
          {status ? <span style={status >= 500 ? DENIED : status >= 400 ? MEDIUM : MUTED}>{status}</span> : null}
        </>
      );
    }
    case "command": {
      const args = get("command_args");
      return Array.isArray(args) && args.length ? args.join(" ") : text("executable_path");
    }
    default:
      return null;
  }
}

/** The model's verdict with its rule. A word of its own only where it is not what the dataplane did. */
function Decided({ get }: { get: (name: string) => string }) {
  const judged = get("model_verdict");
  if (!judged) return <span style={MUTED}>not judged</span>;
  if (judged === "unknown")
    return (
      <span title={get("model_reason")}>
        <VerdictMark verdict="unknown" word="cannot be told" /> <span style={MUTED}>{get("model_reason")}</span>
      </span>
    );
  const did = get("verdict") === "audit" ? "allowed" : get("verdict");
  // A reporter at the source saw the packet leave, and no more: that is what the model is held to.
  const held =
    get("is_reply") === "true"
      ? judged
      : get("direction") === "egress"
        ? get("egress_verdict")
        : get("direction") === "ingress" && did === "denied"
          ? get("ingress_verdict")
          : judged;
  const later = get("policy_since") !== "" && Date.parse(get("policy_since")) > Date.parse(get("time"));
  const differs = did !== held && [did, held].every((one) => one === "allowed" || one === "denied");
  const policy = get("model_policy");
  return (
    <>
      {did !== judged && (
        <VerdictMark
          verdict={judged}
          soft={differs && !later}
          quiet={judged === "allowed" && !differs}
          word={differs ? `model: ${judged}${later ? " now" : ""}` : judged}
        />
      )}{" "}
      {policy ? <PolicyName text={policy} /> : <span style={MUTED}>no policy</span>}{" "}
      {policy && <code style={MUTED}>{get("model_rule")}</code>}
    </>
  );
}

/** `NetworkPolicy ns/name` without the kind that nearly all have; other kinds stay. */
function PolicyName({ text }: { text: string }) {
  const found = /^(\S+) (?:([^/]*)\/)?(\S+)$/.exec(text);
  if (!found) return <span title={text}>{text}</span>;
  return (
    <span title={text}>
      {found[1] !== "NetworkPolicy" && <span style={MUTED}>{found[1]} </span>}
      {found[2] && <span style={MUTED}>{found[2]}/</span>}
      {found[3]}
    </span>
  );
}

function Owned({ namespace, name }: { namespace: string; name: string }) {
  return (
    <span title={namespace ? `${namespace}/${name}` : name}>
      {namespace && <span style={MUTED}>{namespace}/</span>}
      {name}
    </span>
  );
}
