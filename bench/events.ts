import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlClient, connectControl } from '../daemon/src/control/client.ts';
import { allEvents } from '../daemon/test/support/all-events.ts';
import { waitFor } from '../daemon/test/support/wait-for.ts';
import { type Form, type RunningDaemon, startDaemon } from './daemon.ts';
import { syncsMs } from './disk.ts';
import type { Bench } from './main.ts';
import { quantile } from './process-cost.ts';

const SENDERS = 50;
const EVENTS_EACH = 200;
const HANDLERS = 10;
const DISPATCHES = 100;
const WARM_UP = 10;
const STATUS_EVERY_MS = 100;
/** Two minutes: whatever happens, a bench ends. */
const MOST_LOOKS = 1_200;
const STORM_LIMIT_MS = 240_000;
const SPOT = 'cloud.spot.interrupt';
/** Says in its result when it was given the event, and when it answered. */
const HANDLER = `import json, sys, time
for line in sys.stdin:
    began = time.time() * 1000
    request = json.loads(line)
    result = {"handled": True, "result": {"began": began, "ended": time.time() * 1000}}
    if "id" in request: print(json.dumps({"id": request["id"], "result": result}), flush=True)
`;

/** Events of one's own through the journal in a storm, a spot notice in the middle of it, and what a dispatch costs. */
export const events: Bench = async (forms, say) => {
  for (const form of forms) {
    await withDaemon(form, 1, async (daemon, client) => say(`${form.name}: ${await storm(daemon, client)}`));
    await withDaemon(form, HANDLERS, async (daemon, client) =>
      say(`${form.name}: ${await dispatches(daemon, client)}`),
    );
  }
};

async function storm(daemon: RunningDaemon, client: ControlClient): Promise<string> {
  const before = rssMib(daemon);
  let peak = before;
  let over = false;
  const statusMs: number[] = [];
  const watch = (async () => {
    while (!over && statusMs.length < MOST_LOOKS) {
      const startedMs = performance.now();
      await client.call('status', {});
      statusMs.push(performance.now() - startedMs);
      peak = Math.max(peak, rssMib(daemon));
      await new Promise((resolve) => setTimeout(resolve, STATUS_EVERY_MS));
    }
  })();
  const startedMs = performance.now();
  const senders = Array.from({ length: SENDERS }, async () => {
    const sender = await connectControl(daemon.socket);
    const ids: string[] = [];
    for (let number = 0; number < EVENTS_EACH; number++)
      ids.push((await sender.call('events.send', { type: 'custom.storm', data: { number } })).id);
    sender.close();
    return ids;
  });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const spotMs = await turnaround(client, SPOT);
  const ids = (await Promise.all(senders)).flat();
  const sentSeconds = (performance.now() - startedMs) / 1000;
  await waitFor(
    'the end of the storm',
    async () => (await client.call('status', {})).events.pending.length === 0,
    STORM_LIMIT_MS,
  );
  const doneSeconds = (performance.now() - startedMs) / 1000;
  const records = await allEvents(client);
  over = true;
  await watch;
  const done = new Set(records.filter(({ state }) => state === 'done').map(({ event }) => event.id));
  const lost = ids.filter((id) => !done.has(id)).length;
  return [
    `${ids.length} events from ${SENDERS} senders taken in ${sentSeconds.toFixed(1)} s (${Math.round(ids.length / sentSeconds)}/s, goal: 10 s), handled after ${doneSeconds.toFixed(1)} s, ${lost} lost`,
    `RSS ${before} to ${peak} MiB`,
    `status p50 ${quantile(statusMs, 0.5).toFixed(1)} ms, slowest ${quantile(statusMs, 1).toFixed(1)} ms (goal: 50 ms)`,
    `a spot notice in the middle done after ${spotMs.toFixed(0)} ms`,
  ].join('; ');
}

async function dispatches(daemon: RunningDaemon, client: ControlClient): Promise<string> {
  const ways: Way[] = [];
  for (let number = 0; number < WARM_UP + DISPATCHES; number++) {
    const way = await followed(daemon, client);
    if (number >= WARM_UP) ways.push(way);
  }
  const figures = (of: (way: Way) => number) =>
    [0.5, 0.99].map((share) => `p${share * 100} ${quantile(ways.map(of), share).toFixed(1)} ms`).join(', ');
  const syncs = syncsMs();
  return [
    `an event to ${HANDLERS} handlers that answer at once, from sent to all outcomes on disk, without the time of its slowest handler: ${figures(({ doneMs, ownMs }) => doneMs - ownMs)} (goal: 5 ms)`,
    `of it to the first handler ${figures(({ firstMs }) => firstMs)}; to the last ${figures(({ lastMs }) => lastMs)}`,
    `from the last answer to its outcome on disk ${figures(({ doneMs, answeredMs }) => doneMs - answeredMs)}`,
    `an fsync here, of which it needs two, p50 ${quantile(syncs, 0.5).toFixed(1)} ms, p99 ${quantile(syncs, 0.99).toFixed(1)} ms`,
  ].join('; ');
}

/** When what became of an event, in milliseconds from when it was sent, and the own time of its slowest handler. */
type Way = { firstMs: number; lastMs: number; answeredMs: number; doneMs: number; ownMs: number };

/** Its end is the line of the log that follows the write of it; until then nothing is asked of the daemon. */
async function followed(daemon: RunningDaemon, client: ControlClient): Promise<Way> {
  const linesBefore = daemon.lines.length;
  const sentMs = performance.timeOrigin + performance.now();
  const { id } = await client.call('events.send', { type: SPOT, data: {} });
  const end = await waitFor('its end', () =>
    daemon.lines.slice(linesBefore).find((line) => line.includes(id) && line.includes(`${SPOT} done`)),
  );
  const { outcomes } = await client.call('events.show', { id });
  const times = outcomes.map(({ result }) => result as { began: number; ended: number });
  return {
    firstMs: Math.min(...times.map(({ began }) => began)) - sentMs,
    lastMs: Math.max(...times.map(({ began }) => began)) - sentMs,
    answeredMs: Math.max(...times.map(({ ended }) => ended)) - sentMs,
    doneMs: Date.parse((JSON.parse(end) as { time: string }).time) - sentMs,
    ownMs: Math.max(...times.map(({ began, ended }) => ended - began)),
  };
}

/** From before an event is sent to the end of its last handler, by the journal's clock, which is this one's. */
async function turnaround(client: ControlClient, type: string): Promise<number> {
  const startedMs = Date.now();
  const { id } = await client.call('events.send', { type, data: {} });
  const record = await waitFor('its end', async () => {
    const found = await client.call('events.show', { id });
    return found.endedAt !== null && found;
  });
  return Math.max(...record.outcomes.map(({ endedAt }) => Date.parse(endedAt))) - startedMs;
}

async function withDaemon(
  form: Form,
  handlers: number,
  measure: (daemon: RunningDaemon, client: ControlClient) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  const names = Array.from({ length: handlers }, (_, number) => `handler-${number}`);
  for (const name of names) {
    mkdirSync(join(directory, name));
    const manifest = {
      name,
      version: '1.0.0',
      type: 'external',
      exec: { command: 'python3', args: ['handler.py'] },
      capabilities: ['handle_event'],
      events: { [SPOT]: {}, 'custom.storm': {} },
    };
    writeFileSync(join(directory, name, 'plugin.json'), JSON.stringify(manifest));
    writeFileSync(join(directory, name, 'handler.py'), HANDLER);
  }
  const plugin_configs = Object.fromEntries(names.map((name) => [name, {}]));
  const daemon = await startDaemon(form, { plugins: { directories: [directory], plugin_configs } });
  const client = await connectControl(daemon.socket);
  await waitFor('the handlers', async () =>
    (await client.call('plugin.list', {})).filter(({ enabled }) => enabled).every(({ state }) => state === 'running'),
  );
  try {
    await measure(daemon, client);
  } finally {
    client.close();
    await daemon.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function rssMib({ child }: RunningDaemon): number {
  const pages = Number(readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1]);
  return Math.round((pages * 4096) / 2 ** 20);
}
