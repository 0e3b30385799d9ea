/** The console's own line icons, 16 by 16. An icon always stands beside a word or has a label; alone it is decoration. */

const PATHS = {
  overview: "M2.5 2.5h4.5v6h-4.5zM9 2.5h4.5v3.5h-4.5zM9 8h4.5v5.5h-4.5zM2.5 10.5h4.5v3h-4.5z",
  graph:
    "M3.8 5.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM12.2 7.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM5.8 14.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM5.4 4l5.2 1.5M4.2 5.2l1.2 5.6M11.2 7.4l-4.2 3.9",
  policy: "M8 1.8l5.2 1.9v4c0 3.2-2.2 5.4-5.2 6.5-3-1.1-5.2-3.3-5.2-6.5v-4zM5.3 7.9h5.4M8 5.3v5.3",
  posture: "M2.5 13.5h11M4 13.5v-4M7 13.5v-8M10 13.5v-5.5M13 13.5v-11M2.5 5l3-2 3 1.2",
  incidents: "M8 2.2l6 10.8h-12zM8 6.4v3.2M8 11.3v.2",
  explore: "M6.9 11.6a4.7 4.7 0 1 0 0-9.4 4.7 4.7 0 0 0 0 9.4zM10.3 10.3l3.5 3.5",
  health: "M1.8 8.2h3l1.7-4.4 2.7 8.4 1.7-4h3.3",
  clock: "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM8 4.6v3.6l2.3 1.4",
  cluster: "M8 1.9l5.3 3v6.2l-5.3 3-5.3-3v-6.2zM2.9 5l5.1 2.9 5.1-2.9M8 7.9v6",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  down: "M4 6.3l4 4 4-4",
  up: "M4 9.7l4-4 4 4",
  right: "M6.3 4l4 4-4 4",
  left: "M9.7 4l-4 4 4 4",
  arrow: "M2.5 8h10.5M9.3 4.3L13 8l-3.7 3.7",
  fit: "M2.5 6v-3.5h3.5M10 2.5h3.5v3.5M13.5 10v3.5h-3.5M6 13.5h-3.5v-3.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M3 8.5l3.3 3.3L13 4.8",
  cross: "M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6",
  question: "M5.6 5.8a2.4 2.4 0 1 1 3.6 2.1c-.8.5-1.2.9-1.2 1.9M8 12.3v.2",
  pause: "M5.3 3.5v9M10.7 3.5v9",
  play: "M4.5 3l8 5-8 5z",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  filter: "M2 3.5h12l-4.6 5.2v4.3l-2.8-1.4v-2.9z",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1",
  moon: "M13.3 9.7a5.7 5.7 0 0 1-7-7 5.7 5.7 0 1 0 7 7z",
  keyboard: "M1.8 4h12.4v8h-12.4zM4.3 6.7h.1M6.8 6.7h.1M9.3 6.7h.1M11.8 6.7h.1M5 9.5h6",
  link: "M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.4 6.6a2.6 2.6 0 0 0-3.7 0l-2.3 2.3a2.6 2.6 0 0 0 3.7 3.7l.9-.9",
  lock: "M4 7.2h8v6.3h-8zM5.7 7.2v-2a2.3 2.3 0 0 1 4.6 0v2",
  unlock: "M4 7.2h8v6.3h-8zM5.7 7.2v-2.5a2.3 2.3 0 0 1 4.5-.6",
  pin: "M8 14v-4.5M4.5 9.5h7l-1.2-2.3v-4.7h-4.6v4.7z",
  workload: "M2.5 4.5l5.5-2.7 5.5 2.7-5.5 2.7zM2.5 8l5.5 2.7 5.5-2.7M2.5 11.4l5.5 2.7 5.5-2.7",
  pod: "M8 1.9l5.3 3v6.2l-5.3 3-5.3-3v-6.2z",
  namespace: "M2.5 2.5h11v11h-11zM5.3 5.3h5.4v5.4h-5.4z",
  node: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM4.8 5h.1M4.8 11h.1",
  service:
    "M8 5.3a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6zM3.6 14.2a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6zM12.4 14.2a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6zM8 5.3v3M3.6 10.6v-2.3h8.8v2.3",
  identity: "M8 7.6a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM2.6 14c.5-3 2.6-4.5 5.4-4.5s4.9 1.5 5.4 4.5",
  address: "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM2.2 8h11.6M8 2c-3.8 3.7-3.8 8.3 0 12M8 2c3.8 3.7 3.8 8.3 0 12",
  secret: "M5.3 13.2a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM7.3 8.4l5.9-5.9M10.5 5.2l2 2",
  flow: "M2 5.5h9.5M8.5 2.5l3 3-3 3M14 10.5h-9.5M7.5 7.5l-3 3 3 3",
  dns: "M2.5 3h11v7.5h-6l-3 3v-3h-2zM6 5.8a2 2 0 1 1 2.6 1.9c-.4.2-.6.4-.6.7",
  audit: "M3.5 1.8h6l3 3v9.4h-9zM9.5 1.8v3h3M5.7 8h4.6M5.7 10.7h4.6",
  process: "M2 3h12v10h-12zM4.5 6.2l2 1.8-2 1.8M8 10.2h3.2",
  signal:
    "M8 9a1 1 0 1 0 0-2 1 1 0 0 0 0 2zM5.2 10.8a4 4 0 0 1 0-5.6M10.8 5.2a4 4 0 0 1 0 5.6M3.3 12.7a6.6 6.6 0 0 1 0-9.4M12.7 3.3a6.6 6.6 0 0 1 0 9.4",
  finding: "M3 14v-11.5h8.5l-1.5 3 1.5 3h-8.5",
  change:
    "M2.5 8a5.5 5.5 0 0 1 9.7-3.5l1.3 1.5M13.5 2.5v3.5h-3.5M13.5 8a5.5 5.5 0 0 1-9.7 3.5l-1.3-1.5M2.5 13.5v-3.5h3.5",
  note: "M2.5 13.5l.8-3 7.8-7.8 2.2 2.2-7.8 7.8zM9.5 4.3l2.2 2.2",
  sql: "M8 6c3 0 5-.9 5-2s-2-2-5-2-5 .9-5 2 2 2 5 2zM3 4v8c0 1.1 2 2 5 2s5-.9 5-2v-8M3 8c0 1.1 2 2 5 2s5-.9 5-2",
  signout: "M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.7h11M6 6.3v6.7",
  wall: "M2 4h5v3h-5zM8.5 4h5.5v3h-5.5zM2 8.5h3v3h-3zM6.5 8.5h5v3h-5zM13 8.5h1v3h-1z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16, label }: { name: IconName; size?: number; label?: string }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={size <= 12 ? 1.7 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export function kindIcon(kind: string): IconName {
  const name = kind.toLowerCase();
  if (name in PATHS) return name as IconName;
  if (/deployment|daemonset|statefulset|replicaset|job/.test(name)) return "workload";
  if (/policy/.test(name)) return "policy";
  if (/role|account|user|group/.test(name)) return "identity";
  if (/secret|configmap/.test(name)) return "secret";
  if (/ingress|gateway|endpoint/.test(name)) return "service";
  return "pod";
}
