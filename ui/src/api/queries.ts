/** One hook a read: what it asks, how long an answer stands, and that the old answer stays until the new one is there. */

import { keepPreviousData, QueryClient, type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { Params } from "~/context/search";
import { get, ProblemError } from "./client";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 20_000,
      gcTime: 120_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) =>
        failures < 2 && (!(error instanceof ProblemError) || error.status === 0 || error.status >= 502),
      retryDelay: 800,
    },
  },
});

/** How often a live page asks again. */
export const LIVE_INTERVAL = 5_000;

export type Answer<T> = UseQueryResult<T, ProblemError>;

export function useRead<T>(
  path: string | null,
  params: Params = {},
  options: { live?: boolean; keep?: boolean; staleTime?: number } = {},
): Answer<T> {
  return useQuery<T, ProblemError>({
    queryKey: [path, params],
    queryFn: ({ signal }) => get<T>(path as string, params, signal),
    enabled: path !== null,
    placeholderData: options.keep === false ? undefined : keepPreviousData,
    refetchInterval: options.live ? LIVE_INTERVAL : false,
    ...(options.staleTime === undefined ? {} : { staleTime: options.staleTime }),
  });
}
