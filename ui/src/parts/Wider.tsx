/** Ways out of an empty answer: without the filter, over a longer time. */

import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useConsole } from "~/context/useConsole";

/** Does the context ask for less than everything in its window? */
export function useNarrowed(): boolean {
  const { context } = useConsole();
  return (context.q ?? context.namespace ?? context.workload ?? context.identity ?? context.address) !== undefined;
}

export function Wider({ children }: { children?: ReactNode }) {
  const { set } = useConsole();
  const everything = {
    q: undefined,
    namespace: undefined,
    workload: undefined,
    identity: undefined,
    address: undefined,
  };
  return (
    <>
      {useNarrowed() && (
        <Button variant="default" onClick={() => set(everything)}>
          Clear the filter
        </Button>
      )}
      {children}
      <Button variant="default" onClick={() => set({ from: "now-24h", to: undefined, live: undefined })}>
        Last 24 hours
      </Button>
    </>
  );
}
