import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { startHttp } from '../../test-support/service.ts';

export type Container = {
  Id: string;
  Names: string[];
  State: string;
  Status?: string;
  Labels?: Record<string, string>;
  /** How much of one core it uses; undefined where the Engine cannot tell. */
  percent?: number;
  startedAt?: string;
  restartPolicy?: string;
  /** Where it ends before its CPU is told: it stays, it is removed, or it is removed while the Engine counts. */
  ends?: 'kept' | 'removed' | 'removed meanwhile';
};

const LISTED = new Set(['running', 'paused', 'restarting']);
const NEVER = '0001-01-01T00:00:00Z';

/**
 * A stand-in for an Engine with these containers, by whose clock it counts a microsecond later each time. Its answers
 * are those that Docker 20.10 was seen to give, without what no plugin reads.
 */
export async function startEngine(test: TestContext, containers: Container[]): Promise<string> {
  const socket = join(temporaryDirectory(test), 'engine.sock');
  let microseconds = 0;
  let waiting: (() => void)[] = [];
  await startHttp(
    test,
    (request, response) => {
      const missing = (message: string) => {
        response.statusCode = 404;
        response.end(JSON.stringify({ message }));
      };
      const [, id, what] =
        /^\/containers\/(\w+)\/(json|stats\?stream=false&one-shot=true)$/.exec(request.url ?? '') ?? [];
      const container = containers.find((each) => each.Id === id);
      if (container && what === 'json') response.end(JSON.stringify(inspected(container)));
      else if (container?.ends === 'removed') missing(`No such container: ${id}`);
      else if (container) {
        microseconds += 1;
        const told = container.ends === 'removed meanwhile' ? '' : JSON.stringify(stats(container, microseconds));
        // It tells all that wait at once, when it has counted.
        waiting.push(() => response.end(told));
        const counted = containers.filter(({ State, ends }) => LISTED.has(State) && ends !== 'removed');
        if (waiting.length < counted.length) return;
        for (const answer of waiting) answer();
        waiting = [];
      } else if (request.url?.startsWith('/containers/json')) {
        const all = request.url.includes('all=true');
        response.end(JSON.stringify(containers.filter(({ State }) => all || LISTED.has(State)).map(listed)));
      } else missing('page not found');
    },
    socket,
  );
  return socket;
}

function listed({ Id, Names, State, Status = 'Up 2 hours', Labels = {} }: Container): object {
  return { Id, Names, State, Status, Labels, HostConfig: { NetworkMode: 'default' } };
}

function inspected({ Id, startedAt = '2026-01-01T00:00:00.1Z', restartPolicy = 'always' }: Container): object {
  const HostConfig = { RestartPolicy: { Name: restartPolicy, MaximumRetryCount: 0 } };
  return { Id, State: { StartedAt: startedAt }, HostConfig };
}

function stats({ State, percent, ends }: Container, microseconds: number): object {
  if (State === 'restarting' || ends) return { read: NEVER, cpu_stats: { cpu_usage: { total_usage: 0 } } };
  const read = `2026-01-01T00:00:00.${String(microseconds).padStart(6, '0')}789Z`;
  const total_usage = percent === undefined ? 0 : 1e9 + percent * 10 * microseconds;
  return { read, cpu_stats: { cpu_usage: { total_usage }, online_cpus: 2 } };
}
