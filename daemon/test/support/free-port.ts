import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that Linux gives to whoever leaves the choice to it (ip_local_port_range). */
const FIRST = 10_000;
const LAST = 29_999;

/**
 * A port of the loopback device that nobody has, and that nobody is given by chance: for what will listen there in a
 * moment, or goes away and comes back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    const server = createServer();
    const isFree = once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.listen(port, '127.0.0.1');
    if (!(await isFree)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
