import { SIGN_IN_LINK } from "~/format/commands";
import { Command } from "~/parts/Copy";
import styles from "./frame.module.css";
import { Brand } from "./Navigation";

/** Nobody is signed in: how to get a link. */
export function SignIn() {
  return (
    <main className={styles.signIn}>
      <div className={styles.signInCard}>
        <Brand />
        <h1 style={{ fontSize: "var(--text-l)" }}>You are not signed in</h1>
        <p style={{ color: "var(--text-2)" }}>
          Seawall prints a link that signs you in once. Open the one that <code>seawall up</code> printed, or ask for a
          new one where the server runs:
        </p>
        <Command text={SIGN_IN_LINK} />
        <p style={{ color: "var(--text-2)" }}>
          The page you were on is kept in the address: sign in, then load it again.
        </p>
      </div>
    </main>
  );
}
