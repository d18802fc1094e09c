import {
  keepPreviousData,
  type Query,
  QueryClient,
  type QueryFilters,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query';
import type { InputOf, OutputOf } from '../../preload/contract/call.ts';
import type { Contract } from '../../preload/contract/contract.ts';
import { api, listen } from '../bridge.ts';
import { isStale } from './tables.ts';

/** The client that caches answers; a failed call is shown at once, since retrying a refused call changes nothing. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: false,
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}

/** Asks again for what a changed table shows; returns the way to stop. */
export function invalidateOnChange(client: QueryClient): () => void {
  const overtaken = new Set<Query>();
  const invalidate = (stale: QueryFilters) => {
    // The client asks once more only where an answer is shown already. One that is on its way may be from before the change,
    // and would pass for a fresh one.
    for (const query of client.getQueryCache().findAll({ ...stale, fetchStatus: 'fetching' })) {
      if (overtaken.has(query) || (query.isActive() && query.state.data !== undefined)) continue;
      overtaken.add(query);
      const askAgain = () => {
        overtaken.delete(query);
        void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
      };
      query.promise?.then(askAgain, askAgain);
    }
    void client.invalidateQueries(stale);
  };
  let wasDown = false;
  const stops = [
    listen('storeChanged', ({ tables }) => {
      invalidate({ predicate: ({ queryKey }) => isStale(String(queryKey[0]), tables) });
    }),
    // After a restart of the engine, answers that failed meanwhile are asked again.
    listen('engineState', ({ state }) => {
      if (state === 'running' && wasDown) invalidate({});
      wasDown = state !== 'running';
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** The answer of a reading call, asked again when the tables it shows change. Keeps the former answer meanwhile. */
export function useAnswer<D extends keyof Contract, V extends keyof Contract[D] & string>(
  domain: D,
  verb: V,
  input: InputOf<Contract[D][V]>,
  options: { enabled?: boolean; keep?: boolean; refetchIntervalMs?: number } = {},
) {
  return useQuery<OutputOf<Contract[D][V]>>({
    queryKey: [`${domain}.${verb}`, input],
    queryFn: () => api[domain][verb](input),
    enabled: options.enabled ?? true,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
    ...(options.refetchIntervalMs ? { refetchInterval: options.refetchIntervalMs } : {}),
  });
}

interface PageInput {
  cursor: string | null;
}

/** A list read page by page along its keyset cursor. `name` is the call's name, for invalidation by table. */
export function usePages<Row>(
  name: string,
  filter: object,
  read: (page: PageInput) => Promise<{ rows: Row[]; next: string | null }>,
  enabled = true,
) {
  const query = useInfiniteQuery({
    queryKey: [name, filter, 'pages'],
    queryFn: ({ pageParam }) => read({ cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled,
    placeholderData: keepPreviousData,
  });
  return { ...query, rows: query.data?.pages.flatMap((page) => page.rows) ?? [] };
}
