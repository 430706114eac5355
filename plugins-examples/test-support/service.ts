import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import type { TestContext } from 'node:test';
import { waitFor } from '../../daemon/test/support/wait-for.ts';

/** A real server of its own for one test. */
export type Service = {
  pid: number;
  /** What it wrote so far, to either output. */
  output(): string;
  stop(): Promise<void>;
};

type Start = {
  test?: { after(end: () => Promise<void>): void };
  env?: Record<string, string>;
  cwd?: string;
  uid?: number;
  /** SIGKILL by default. */
  endWith?: NodeJS.Signals;
};

/** Starts a server and waits until `isReady`; it is killed when the test ends, where one is given. Undefined where it ended instead. */
export async function startService(
  [command = '', ...args]: string[],
  isReady: (output: string) => boolean | Promise<boolean>,
  { test, env, cwd, uid, endWith = 'SIGKILL' }: Start,
): Promise<Service | undefined> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    if (isGone()) return;
    child.kill(endWith);
    await once(child, 'exit');
  };
  test?.after(stop);
  await once(child, 'spawn');
  await waitFor(`${command} to be ready: ${output}`, async () => isGone() || (await isReady(output)));
  if (isGone()) return undefined;
  return { pid: child.pid ?? 0, output: () => output, stop };
}

/** Leads from a port of its own to another one, while it is open: at first, and again after `open`. */
export async function startTunnel(
  test: TestContext,
  to: number,
): Promise<{ port: number; open(): Promise<void>; close(): Promise<void> }> {
  const server = createServer((socket) => {
    const onward = connect(to, '127.0.0.1');
    for (const each of [socket, onward]) each.on('error', () => {});
    socket.pipe(onward).pipe(socket);
  });
  test.after(() => void server.close());
  const port = await listen(server);
  return {
    port,
    async open() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

/** Below all that Linux gives out by itself: a free one of those may be somebody's a moment later. */
const LOWEST_PORT = 20_000;
const PORTS = 12_000;

/** A port on which nothing listens, and that nobody is given who asks for just any. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + randomInt(PORTS);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue; // it is taken
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Listens on a free port of loopback and gives it. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return address.port;
}

/** An HTTP server for one test, on loopback or a Unix socket; gives its port, or 0. */
export async function startHttp(
  test: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  socketPath?: string,
): Promise<number> {
  const server = createHttpServer(answer);
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  if (socketPath === undefined) return await listen(server);
  server.listen(socketPath);
  await once(server, 'listening');
  return 0;
}

/** For a test's `skip`: false where a command succeeds, else the reason. */
export function requiresSuccess(what: string, command: string, ...args: string[]): string | false {
  return spawnSync(command, args).status !== 0 && `needs ${what}, not on this machine`;
}
