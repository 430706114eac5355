import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { messageOf, SnoozeError, systemCodeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { createRpcConnection } from '../rpc/connection.ts';
import type { RpcConnection } from '../rpc/rpc.ts';
import type { ControlMethod, ControlMethods } from './api.ts';
import { type Caller, callers } from './caller.ts';
import { checkParams } from './params.ts';

const net = process.getBuiltinModule('node:net');

/** What the daemon does for each call. */
export type ControlHandlers = {
  [M in ControlMethod]: (
    params: ControlMethods[M]['params'],
    caller: Caller,
  ) => ControlMethods[M]['result'] | Promise<ControlMethods[M]['result']>;
};

export type ControlServer = {
  /** Ends every connection and removes the socket. */
  close(): Promise<void>;
};

/** `sun_path` of unix(7) with its closing zero. */
const LONGEST_PATH_BYTES = 107;

/**
 * Listens on a Unix socket that its owner and group may use. A socket that nobody listens on any more is replaced.
 * @throws SnoozeError SNOOZE_E_SOCKET when the path is too long, in use, or cannot be made.
 */
export async function startControlServer(
  socketPath: string,
  handlers: ControlHandlers,
  { clock, log }: { clock: Clock; log: Log },
): Promise<ControlServer> {
  await makeWay(socketPath);
  const connections = new Set<RpcConnection>();
  const whoIs = callers(socketPath, log);
  const server = net.createServer((socket) => {
    socket.on('error', (error) => log.debug({}, `a control connection broke: ${messageOf(error)}`));
    const connection: RpcConnection = createRpcConnection(socket, socket, {
      framing: 'lines',
      lenient: false,
      clock,
      onRequest: (method, params, signal) =>
        answer(handlers, { method, params, caller: callerOf(connection, who, signal) }),
      onFault: (fault) => log.debug({}, `a control connection sent nonsense: ${fault.message}`),
    });
    const who = whoIs.of(connection);
    connections.add(connection);
    connection.closed.then(
      () => {
        connections.delete(connection);
        socket.destroy();
      },
      () => {},
    );
  });
  await listen(server, socketPath);

  return {
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        for (const connection of connections) connection.close();
      });
      whoIs.close();
    },
  };
}

async function answer(
  handlers: ControlHandlers,
  { method, params, caller }: { method: string; params: unknown; caller: Caller },
): Promise<unknown> {
  if (!Object.hasOwn(handlers, method)) {
    throw new SnoozeError('SNOOZE_E_USAGE', `this snoozed has no method ${JSON.stringify(method)}`, {
      hint: 'are snooze and snoozed of the same version? type: snooze version',
    });
  }
  checkParams(method as ControlMethod, params ?? {});
  const handler = handlers[method as ControlMethod] as (params: unknown, caller: Caller) => unknown;
  return await handler(params ?? {}, caller);
}

function callerOf({ closed }: RpcConnection, who: () => Promise<string>, signal: AbortSignal): Caller {
  return { signal, gone: closed, who, cause: async (command) => `${command} by ${await who()}` };
}

async function makeWay(socketPath: string): Promise<void> {
  if (Buffer.byteLength(socketPath) > LONGEST_PATH_BYTES) {
    throw new SnoozeError(
      'SNOOZE_E_SOCKET',
      `${socketPath}: the path of the control socket has ${Buffer.byteLength(socketPath)} bytes, at most ${LONGEST_PATH_BYTES} are possible`,
      { hint: 'name a shorter one with --socket or SNOOZE_SOCKET' },
    );
  }
  try {
    mkdirSync(dirname(socketPath), { recursive: true, mode: 0o750 });
    const found = lstatSync(socketPath, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isSocket())
      throw new SnoozeError('SNOOZE_E_SOCKET', `${socketPath}: this is not a socket`, {
        hint: 'move it away, or choose another path with --socket',
      });
    if (await isAnswered(socketPath))
      throw new SnoozeError('SNOOZE_E_SOCKET', `${socketPath}: another program listens there`, {
        hint: 'choose another path with --socket',
      });
    rmSync(socketPath);
  } catch (error) {
    throw error instanceof SnoozeError ? error : socketError(socketPath, error);
  }
}

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(systemCodeOf(error) !== 'ECONNREFUSED'));
  });
}

function listen(server: ReturnType<typeof net.createServer>, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(socketError(socketPath, error)));
    server.listen(socketPath, () => {
      chmodSync(socketPath, 0o660);
      resolve();
    });
  });
}

function socketError(socketPath: string, cause: unknown): SnoozeError {
  return new SnoozeError('SNOOZE_E_SOCKET', `${socketPath}: the control socket cannot be made: ${messageOf(cause)}`, {
    hint: 'choose another path with --socket or SNOOZE_SOCKET',
    cause,
  });
}
