import { connect } from 'node:net';
import type { Clock } from '../../clock.ts';
import { type Condition, watchConditions } from './conditions.ts';
import { defineSource, type SourceContext } from './source.ts';

const DEFAULT_ROUTE = 'default-route';
const CONNECT_TIMEOUT_MS = 5_000;
/** route.h: the route is usable. */
const RTF_UP = 0x1;
const RTF_REJECT = 0x200;

/** The loss of the network: no default route any more, or an address that cannot be reached. */
export const network = defineSource({
  name: 'network',
  title: 'loss of the network',
  applies: ({ config }) => config().sources.network.enabled,
  watch(context) {
    let hadRoute = context.open('network').some(({ event }) => event.data['key'] === DEFAULT_ROUTE);
    return watchConditions(context, {
      name: 'network',
      type: 'system.network.down',
      holdSeconds: () => context.config().sources.network.hold_seconds,
      isWanted: () => context.config().sources.network.enabled,
      async look() {
        const { address } = context.config().sources.network;
        if (address !== null) return [await reach(address, context.clock, context.signal)];
        const hasRoute = hasDefaultRoute(context);
        hadRoute ||= hasRoute;
        // A host that never had one has lost nothing.
        return [routeCondition(hasRoute || !hadRoute, hasRoute)];
      },
    });
  },
});

function routeCondition(good: boolean, hasRoute: boolean): Condition {
  const message = hasRoute ? 'there is a default route' : 'there is no default route';
  return { key: DEFAULT_ROUTE, level: good ? 'good' : 'bad', message, data: {} };
}

function hasDefaultRoute({ files }: SourceContext): boolean {
  if (parseRoutes(files.proc('net/route'))) return true;
  try {
    return parseRoutes6(files.proc('net/ipv6_route'));
  } catch {
    return false; // a kernel without IPv6
  }
}

/** Whether /proc/net/route (the kernel's route table for IPv4) has a usable route to everywhere. Pure. */
export function parseRoutes(text: string): boolean {
  return text
    .split('\n')
    .slice(1)
    .some((line) => {
      const [, destination, , flags, , , , mask] = line.split('\t');
      return destination === '00000000' && mask === '00000000' && isUsable(flags);
    });
}

/** Whether /proc/net/ipv6_route has a usable route to everywhere that does not lead into the loopback device. Pure. */
export function parseRoutes6(text: string): boolean {
  return text.split('\n').some((line) => {
    const fields = line.trim().split(/\s+/);
    return /^0{32}$/.test(fields[0] ?? '') && fields[1] === '00' && isUsable(fields[8]) && fields[9] !== 'lo';
  });
}

function isUsable(flags: string | undefined): boolean {
  const bits = Number.parseInt(flags ?? '', 16);
  return (bits & RTF_UP) !== 0 && (bits & RTF_REJECT) === 0;
}

async function reach(address: string, clock: Clock, signal: AbortSignal): Promise<Condition> {
  const fault = await tryToConnect(address, clock, signal);
  return {
    key: address,
    level: fault === undefined ? 'good' : 'bad',
    message: fault === undefined ? `${address} can be reached` : `${address} cannot be reached: ${fault}`,
    data: { address },
  };
}

/** @returns what is wrong; undefined where the other side answered, even by refusing: then the network is there. */
function tryToConnect(address: string, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(address.slice(colon + 1)), signal });
  return new Promise((resolve) => {
    const finish = (fault: string | undefined) => {
      cancel();
      socket.destroy();
      resolve(fault);
    };
    const cancel = clock.after(CONNECT_TIMEOUT_MS, () => finish(`no answer in ${CONNECT_TIMEOUT_MS / 1000} s`));
    socket.once('connect', () => finish(undefined));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish(error.code === 'ECONNREFUSED' ? undefined : error.message),
    );
  });
}
