import { chmodSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import type { ControlMethod, ControlMethods } from '@cloudsnooze/daemon/control/api';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';

/** What the fake daemon answers, by method; `times` counts the calls of it. */
export type Answers = {
  [M in ControlMethod]?: (
    params: ControlMethods[M]['params'],
    times: number,
  ) => ControlMethods[M]['result'] | Failure | typeof HANGS;
};
/** As an answer: none, ever. */
export const HANGS = Symbol('hangs');
/** An error as the daemon's own server would send it. */
export type Failure = { failure: { code: string; message: string; hint?: string } };

export type FakeDaemon = {
  socket: string;
  /** Every call so far. */
  calls: { method: string; params: unknown }[];
  stop(): Promise<void>;
  start(): Promise<void>;
};

/** A daemon of the control socket's wire format and nothing else: JSON-RPC 2.0, one message a line. */
export async function startFakeDaemon(test: TestContext, answers: Answers, socket?: string): Promise<FakeDaemon> {
  const path = socket ?? join(temporaryDirectory(test), 'snoozed.sock');
  const calls: FakeDaemon['calls'] = [];
  const open = new Set<Socket>();
  const server = createServer((connection) => {
    open.add(connection);
    connection.on('close', () => open.delete(connection));
    const lines = createInterface(connection);
    for (const emitter of [connection, lines]) emitter.on('error', () => {}); // the CLI may end at any moment
    lines.on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      calls.push({ method, params });
      const answer = answers[method as ControlMethod] as ((params: unknown, times: number) => unknown) | undefined;
      const result = answer?.(params, calls.filter((call) => call.method === method).length);
      if (result === HANGS) return;
      connection.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answerOf(result, method) })}\n`);
    });
  });
  const daemon: FakeDaemon = {
    socket: path,
    calls,
    start: () => new Promise((resolve) => server.listen(path, () => resolve())),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of open) connection.destroy();
      }),
  };
  await daemon.start();
  chmodSync(path, 0o600);
  test.after(() => (server.listening ? daemon.stop() : undefined));
  return daemon;
}

function answerOf(result: unknown, method: string): object {
  if (result === undefined) return { error: { code: -32601, message: `no ${method} here` } };
  if (typeof result !== 'object' || result === null || !('failure' in result)) return { result };
  const { code, message, hint = null } = (result as Failure).failure;
  return { error: { code: -32000, message, data: { code, hint } } };
}
