import { Modal } from "@mantine/core";
import { PLACES } from "~/context/useConsole";
import styles from "./frame.module.css";

const KEYS: [string[], string][] = [
  [["/"], "Filter"],
  [["Enter"], "Apply the filter; open the row"],
  [["↑", "↓"], "Walk a table, choices, the graph"],
  [["←", "→"], "Other tab; other node of the graph"],
  [["Esc"], "Close the drawer, the choices, this"],
  [["l"], "Follow live, or stop"],
  [["Space"], "Pause and resume the live tail"],
  [["?"], "These keys"],
];

export function Keys({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="sm" centered>
      <div className={styles.keys}>
        {KEYS.map(([keys, what]) => (
          <Line key={what} keys={keys} what={what} />
        ))}
        {PLACES.map((place) => (
          <Line key={place.to} keys={["g", place.key]} what={`Go to ${place.name}`} />
        ))}
      </div>
    </Modal>
  );
}

function Line({ keys, what }: { keys: string[]; what: string }) {
  return (
    <>
      <span>
        {keys.map((key) => (
          <kbd key={key} style={{ marginRight: 4 }}>
            {key}
          </kbd>
        ))}
      </span>
      <span>{what}</span>
    </>
  );
}
