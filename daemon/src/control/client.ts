import { systemClock } from '../clock.ts';
import { ERROR_MEANINGS, type ErrorCode, messageOf, SnoozeError, systemCodeOf } from '../errors.ts';
import { createRpcConnection } from '../rpc/connection.ts';
import { RpcAnswerError, RpcSendError, RpcTimeoutError } from '../rpc/errors.ts';
import type { ControlMethod, ControlMethods } from './api.ts';
import { PROVE, prove } from './prove.ts';

const net = process.getBuiltinModule('node:net');

/** One connection to the daemon. */
export type ControlClient = {
  /**
   * Calls one method of the daemon.
   * @throws SnoozeError as the daemon threw it, SNOOZE_E_NO_DAEMON when it went away, SNOOZE_E_NO_ANSWER after
   * `timeoutMs`, SNOOZE_E_USAGE when the call is too large to be sent.
   */
  call<M extends ControlMethod>(
    method: M,
    params: ControlMethods[M]['params'],
    timeoutMs?: number,
  ): Promise<ControlMethods[M]['result']>;
  /** Resolves when the daemon is gone. */
  closed: Promise<void>;
  close(): void;
};

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Connects to the daemon's control socket.
 * @throws SnoozeError SNOOZE_E_NO_DAEMON when nobody listens, SNOOZE_E_NOT_PERMITTED when this user may not.
 */
export async function connectControl(socketPath: string): Promise<ControlClient> {
  const socket = await connect(socketPath);
  const connection = createRpcConnection(socket, socket, {
    framing: 'lines',
    lenient: false,
    clock: systemClock,
    async onRequest(method, params) {
      if (method === PROVE) return prove(socketPath, params);
      throw new SnoozeError('SNOOZE_E_USAGE', `this snooze has no method ${method}`);
    },
  });
  return {
    async call(method, params, timeoutMs = DEFAULT_TIMEOUT_MS) {
      try {
        return (await connection.request(method, params, timeoutMs)) as ControlMethods[typeof method]['result'];
      } catch (error) {
        throw asSnoozeError(error, { socketPath, method, timeoutMs });
      }
    },
    closed: connection.closed,
    close() {
      connection.close();
      socket.destroy();
    },
  };
}

function connect(socketPath: string): Promise<ReturnType<typeof net.connect>> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketPath);
    const fail = (error: Error) => reject(connectError(socketPath, error));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      socket.on('error', () => {}); // the connection's `closed` tells
      resolve(socket);
    });
  });
}

function connectError(socketPath: string, cause: Error): SnoozeError {
  const code = systemCodeOf(cause);
  if (code === 'EACCES' || code === 'EPERM') {
    return new SnoozeError('SNOOZE_E_NOT_PERMITTED', `${socketPath}: this user may not talk to snoozed`, {
      hint: 'type it behind sudo, or join the group and log in again: sudo usermod -aG cloudsnooze $USER',
      cause,
    });
  }
  return new SnoozeError('SNOOZE_E_NO_DAEMON', `no snoozed answers on ${socketPath}`, {
    hint: 'start it (systemctl start snoozed, or npm start in a clone), or name its socket with --socket',
    cause,
  });
}

type Asked = { socketPath: string; method: ControlMethod; timeoutMs: number };

/** Makes the daemon's error whole again: its code and hint travel in the answer's `data`. */
function asSnoozeError(error: unknown, asked: Asked): unknown {
  if (!(error instanceof RpcAnswerError)) return withoutAnswer(error, asked);
  const data = typeof error.data === 'object' && error.data !== null ? error.data : {};
  const code =
    'code' in data && typeof data.code === 'string' && data.code in ERROR_MEANINGS
      ? (data.code as ErrorCode)
      : undefined;
  const hint = 'hint' in data && typeof data.hint === 'string' ? data.hint : undefined;
  return code === undefined
    ? error
    : new SnoozeError(code, error.message, { ...(hint !== undefined && { hint }), cause: error });
}

function withoutAnswer(cause: unknown, { socketPath, method, timeoutMs }: Asked): SnoozeError {
  if (cause instanceof RpcSendError) return new SnoozeError('SNOOZE_E_USAGE', messageOf(cause), { cause });
  if (cause instanceof RpcTimeoutError) {
    const message = `snoozed on ${socketPath} is there, but did not answer ${method} within ${timeoutMs / 1000} s`;
    const hint = 'it may still be at it: type snooze status, or look at its log (journalctl -u snoozed)';
    return new SnoozeError('SNOOZE_E_NO_ANSWER', message, { hint, cause });
  }
  return new SnoozeError('SNOOZE_E_NO_DAEMON', `snoozed on ${socketPath} went away: ${messageOf(cause)}`, {
    hint: 'look at its log: journalctl -u snoozed',
    cause,
  });
}
