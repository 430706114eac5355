import { SOURCES } from './registry.ts';
import type { Source, SourceContext, SourceHealth, Watching } from './source.ts';

/** The sources at work. */
export type SourceWatch = {
  health(): (SourceHealth & { name: string })[];
  stop(): Promise<void>;
};

/** Starts every source that this host has. */
export function watchSources(
  context: Omit<SourceContext, 'signal'>,
  sources: readonly Source[] = SOURCES,
): SourceWatch {
  const ending = new AbortController();
  const watching: [string, Watching][] = sources
    .filter((source) => source.applies(context))
    .map((source) => [source.name, source.watch({ ...context, signal: ending.signal })]);
  return {
    health: () => watching.map(([name, { health }]) => ({ name, ...health() })),
    async stop() {
      ending.abort();
      await Promise.all(watching.map(([, { ended }]) => ended));
    },
  };
}
