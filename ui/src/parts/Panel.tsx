import type { ReactNode } from "react";
import styles from "./parts.module.css";

/** A titled surface. `aside` stands at the right end of its head. */
export function Panel({
  title,
  aside,
  children,
  className = "",
}: {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={`${styles.panel} ${className}`}>
      <header className={styles.panelHead}>
        <h2>{title}</h2>
        {aside && <div className={styles.aside}>{aside}</div>}
      </header>
      <div className={styles.panelBody}>{children}</div>
    </section>
  );
}
