import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { freePort } from '../../test-support/service.ts';

/** A real Redis of its own for one test. */
export type Server = {
  port: number;
  socketPath: string;
  /** Opens a client and sends it some commands, each a line. */
  connectClient(...commands: string[]): Promise<Socket>;
  stop(): Promise<void>;
};

/** Starts redis-server on a free port and a Unix socket, with more arguments where they are given. */
export async function startRedis(test: TestContext, ...more: string[]): Promise<Server> {
  const directory = temporaryDirectory(test);
  for (;;) {
    const server = await tryRedis(test, directory, more);
    if (server) return server;
  }
}

/** Gives nothing where another test took the port in between. */
async function tryRedis(test: TestContext, directory: string, more: string[]): Promise<Server | undefined> {
  const port = await freePort();
  const socketPath = join(directory, 'redis.sock');
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', socketPath, '--dir', directory];
  const server = spawn('redis-server', [...options, '--save', '', ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  server.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const stop = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  test.after(stop);
  await waitFor('redis-server to be ready', () => /Ready to accept/.test(log) || server.exitCode !== null);
  if (/Address already in use/.test(log)) return undefined;
  assert.equal(server.exitCode, null, log);
  return {
    port,
    socketPath,
    async connectClient(...commands) {
      const client = connect(port, '127.0.0.1');
      test.after(() => client.destroy());
      client.on('error', () => {}); // the server is killed first
      for (const command of ['PING', ...commands]) {
        client.write(`${command}\r\n`);
        await once(client, 'data');
      }
      return client;
    },
    stop,
  };
}
