import { closeSync, writeSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** What the daemon tells systemd; see sd_notify(3). */
export type Notify = {
  /** Start-up is done. */
  ready(): void;
  /** The one-line state that `systemctl status` shows. */
  status(text: string): void;
  reloading(): void;
  stopping(): void;
  /** Ends the watchdog's beat and closes the socket. */
  close(): void;
};

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
/** sockaddr_un: two bytes of family, 108 of path. */
const LONGEST_PATH_BYTES = 108;

/**
 * Connects to the socket in `NOTIFY_SOCKET` and beats the watchdog at half its time (`WATCHDOG_USEC`).
 * Does nothing where systemd did not start us. A socket that cannot be reached is logged, never thrown.
 */
export function openNotify(environment: NodeJS.ProcessEnv, clock: Clock, log: Log): Notify {
  const descriptor = connectTo(environment['NOTIFY_SOCKET'], log);
  if (descriptor === undefined) return { ready() {}, status() {}, reloading() {}, stopping() {}, close() {} };

  const send = (message: string) => {
    try {
      writeSync(descriptor, message);
    } catch (error) {
      log.warn({}, `systemd was not told ${JSON.stringify(message)}: ${messageOf(error)}`);
    }
  };
  const stopBeating = beat(watchdogMs(environment), clock, () => send('WATCHDOG=1'));
  return {
    ready: () => send('READY=1'),
    status: (text) => send(`STATUS=${text.replaceAll('\n', ' ')}`),
    reloading: () => send(`RELOADING=1\nMONOTONIC_USEC=${Math.round(clock.bootMs() * 1000)}`),
    stopping: () => send('STOPPING=1'),
    close() {
      stopBeating();
      closeSync(descriptor);
    },
  };
}

/** Half of `WATCHDOG_USEC` in milliseconds, or undefined where this process has no watchdog. */
export function watchdogMs(environment: NodeJS.ProcessEnv): number | undefined {
  const owner = environment['WATCHDOG_PID'];
  const microseconds = Number(environment['WATCHDOG_USEC']);
  if (owner !== undefined && Number(owner) !== process.pid) return undefined;
  return microseconds > 0 ? microseconds / 2000 : undefined;
}

function beat(everyMs: number | undefined, clock: Clock, send: () => void): () => void {
  if (everyMs === undefined) return () => {};
  let cancel = () => {};
  const next = () => {
    send();
    cancel = clock.after(everyMs, next);
  };
  next();
  return () => cancel();
}

/**
 * Node has no Unix datagram socket, and a `systemd-notify` for each beat costs a fork and needs `NotifyAccess=all`:
 * libc makes and connects the socket, from then on it is a descriptor that can be written to.
 */
function connectTo(path: string | undefined, log: Log): number | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    const { dlopen } = process.getBuiltinModule('node:ffi');
    const libc = dlopen(null, {
      socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
      connect: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
    });
    const address = socketAddress(path);
    const descriptor = libc.functions.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (descriptor < 0) throw new Error('no socket could be made');
    if (libc.functions.connect(descriptor, address, address.length) === 0) return descriptor;
    closeSync(descriptor);
    throw new Error('nobody listens there');
  } catch (error) {
    log.warn({}, `NOTIFY_SOCKET ${path} cannot be used: ${messageOf(error)}`);
    return undefined;
  }
}

/** `sockaddr_un` of unix(7); a leading `@` stands for the abstract namespace. */
function socketAddress(path: string): Buffer {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`);
  if (name.length > LONGEST_PATH_BYTES) throw new Error(`the path is longer than ${LONGEST_PATH_BYTES} bytes`);
  const family = Buffer.alloc(2);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) family.writeUInt16LE(AF_UNIX);
  else family.writeUInt16BE(AF_UNIX);
  return Buffer.concat([family, name]);
}
