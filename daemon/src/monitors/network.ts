import { chooseInterfaces } from './interfaces.ts';
import { defineMonitor } from './monitor.ts';
import { type Counters, createRate } from './rates.ts';
import { createSelection } from './selection.ts';

const BYTES_PER_KIB = 1024;

/** Traffic in and out of the host, each byte counted once. */
export const network = defineMonitor({
  name: 'network',
  title: 'network traffic, in and out',
  unit: 'KiB/s',
  idleWhen: 'below',
  open({ files, clock }) {
    const rate = createRate('network traffic', BYTES_PER_KIB);
    const select = createSelection(clock, (names) => chooseInterfaces(files, names));
    return {
      sample() {
        const all = parseNetDev(files.proc('net/dev'));
        const chosen = select([...all.keys()]);
        if (chosen.size === 0) return { status: 'absent', reason: 'the host has no network interface' };
        return rate(new Map([...all].filter(([name]) => chosen.has(name))), clock.bootMs());
      },
    };
  },
});

/**
 * Bytes received and sent by interface, from /proc/net/dev (proc_net(5)): two lines of titles, then a line for each.
 * @throws where a line is cut short or holds something else, or there is none: every host has a loopback.
 */
export function parseNetDev(text: string): Counters {
  const bytes = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    if (line === '' || line.includes('|')) continue;
    // old kernels put no space behind the colon, and an alias (`eth0:1`) has a colon in its name
    const [, name, received, sent] = /^ *(\S+): *(\d+)(?: +\d+){7} +(\d+)(?: +\d+){7} *$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`/proc/net/dev: cannot read "${line.trim()}"`);
    bytes.set(name, [Number(received), Number(sent)]);
  }
  if (bytes.size === 0) throw new Error('/proc/net/dev names no interface, not even the loopback');
  return bytes;
}
