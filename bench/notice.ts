import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startFakeImds } from '../daemon/test/support/fake-imds.ts';
import { waitFor } from '../daemon/test/support/wait-for.ts';
import { type Form, startDaemon } from './daemon.ts';
import type { Bench } from './main.ts';
import { quantile } from './process-cost.ts';

const POLL_SECONDS = 1;
const DAEMONS = 5;
const NOTICES_EACH = 20;
const SPOT_PATH = 'spot/instance-action';
/** Says when it was given what: `first interrupt 1763718000123.4`. */
const HANDLER = `import json, os, sys, time
for line in sys.stdin:
    now = time.time() * 1000
    request = json.loads(line)
    if request["method"] == "HandleEvent":
        with open(sys.argv[1], "a") as file:
            file.write("%s %s %f\\n" % (os.environ["SNOOZE_PLUGIN"], request["params"]["event"]["data"]["stage"], now))
    if "id" in request: print(json.dumps({"id": request["id"], "result": {"handled": True}}), flush=True)
`;
const PRIORITIES = { last: 1, first: 90, middle: 50 };

/** From the moment the metadata service has a spot notice to the first of three handlers having it. */
export const notice: Bench = async (forms, say) => {
  const [form] = forms;
  if (form === undefined) return;
  const found = await Promise.all(Array.from({ length: DAEMONS }, () => delaysOf(form)));
  const delays = found.flatMap(({ delaysMs }) => delaysMs);
  const sincePolls = found.flatMap(({ sincePollMs }) => sincePollMs);
  const inOrder = found.reduce((sum, one) => sum + one.inOrder, 0);
  say(
    `spot notice to HandleEvent of the first handler, polling each ${POLL_SECONDS} s, ${delays.length} notices at any time between two polls, ${DAEMONS} daemons at once: ${figures(delays)} (goal: p99 under ${POLL_SECONDS * 1000 + 50} ms), ${inOrder} in order of priority`,
  );
  say(
    `of it from the poll that sees it, which asks, writes it to the disk and calls the handler: ${figures(sincePolls)}`,
  );
};

function figures(tookMs: number[]): string {
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => quantile(tookMs, share).toFixed(0));
  return `p50 ${p50} ms, p99 ${p99} ms, slowest ${most} ms`;
}

/** How long each notice took since it was there, and since it was polled; how many reached the handlers in order. */
type Found = { delaysMs: number[]; sincePollMs: number[]; inOrder: number };

async function delaysOf(form: Form): Promise<Found> {
  const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  const service = await startFakeImds({ lifecycle: 'spot' });
  const called = join(directory, 'called');
  writeFileSync(called, '');
  for (const [name, priority] of Object.entries(PRIORITIES)) writeHandler(directory, { name, priority, called });
  const daemon = await startDaemon(
    form,
    {
      events: { spot_poll_seconds: POLL_SECONDS },
      plugins: { directories: [directory], plugin_configs: { first: {}, middle: {}, last: {} } },
    },
    {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url,
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_ENDPOINT_URL_EC2: service.url,
    },
  );
  const delaysMs: number[] = [];
  const sincePollMs: number[] = [];
  let inOrder = 0;
  try {
    await waitFor('the first poll', () => service.requests.some(({ path }) => path.includes(SPOT_PATH)));
    const calls = (count: number) =>
      waitFor('the handlers', () => {
        const lines = readFileSync(called, 'utf8').trim().split('\n');
        return lines.length >= count && lines.slice(count - 3, count).map((line) => line.split(' '));
      });
    for (let number = 0; number < NOTICES_EACH; number++) {
      await pause(Math.random() * POLL_SECONDS * 1000); // at any time between two polls
      const shownMs = performance.timeOrigin + performance.now();
      service.set(SPOT_PATH, { action: 'terminate', time: new Date(shownMs + 120_000).toISOString() });
      const lines = await calls(6 * number + 3);
      const calledMs = Number(lines[0]?.[2]);
      const seen = service.requests.find(
        ({ path, status, atMs }) => atMs > shownMs && status === 200 && path.includes(SPOT_PATH),
      );
      delaysMs.push(calledMs - shownMs);
      sincePollMs.push(calledMs - (seen?.atMs ?? Number.NaN));
      if (lines.map(([name]) => name).join() === 'first,middle,last') inOrder += 1;
      // It is off again, and they are told, so that the next one is another.
      service.set(SPOT_PATH, null);
      await calls(6 * number + 6);
      await waitFor('its end', () => daemon.lines.filter((line) => line.includes('canceled:')).length > number);
    }
  } finally {
    await daemon.stop();
    await service.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return { delaysMs, sincePollMs, inOrder };
}

function writeHandler(
  directory: string,
  { name, priority, called }: { name: string; priority: number; called: string },
): void {
  mkdirSync(join(directory, name));
  const manifest = {
    name,
    version: '1.0.0',
    type: 'external',
    exec: { command: 'python3', args: ['handler.py', called] },
    events: { 'cloud.spot.interrupt': { priority } },
    permissions: { write: [dirname(called)] },
    capabilities: ['handle_event'],
  };
  writeFileSync(join(directory, name, 'plugin.json'), JSON.stringify(manifest));
  writeFileSync(join(directory, name, 'handler.py'), HANDLER);
}
