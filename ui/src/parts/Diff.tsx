import styles from "./parts.module.css";

const KINDS: [RegExp, string | undefined][] = [
  [/^(---|\+\+\+|diff |index )/, "diffFile"],
  [/^@@/, "diffHunk"],
  [/^\+/, "diffAdded"],
  [/^-/, "diffRemoved"],
];

/** A unified diff. Colour is doubled by the sign at the line's start. */
export function Diff({ patch }: { patch: string }) {
  const lines = patch.replace(/\n$/, "").split("\n");
  return (
    <pre className={styles.diff} tabIndex={0} aria-label="The fix as a diff">
      <div>
        {lines.map((line, index) => {
          const kind = KINDS.find(([pattern]) => pattern.test(line))?.[1];
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
            <span key={index} className={kind ? styles[kind] : undefined}>
              {line || " "}
            </span>
          );
        })}
      </div>
    </pre>
  );
}
