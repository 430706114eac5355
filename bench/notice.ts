import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startFakeImds } from '../daemon/test/support/fake-imds.ts';
import { waitFor } from '../daemon/test/support/wait-for.ts';
import { startDaemon } from './daemon.ts';
import type { Bench } from './main.ts';

const POLL_SECONDS = 1;
const ACTIONS = ['terminate', 'stop', 'hibernate'] as const;
const DAEMONS = 4;
const HANDLER = `import json, os, sys, time
for line in sys.stdin:
    request = json.loads(line)
    if request["method"] == "HandleEvent":
        if request["params"]["event"]["data"].get("stage") != "canceled":
          with open(sys.argv[1], "a") as file: file.write("%s %f\\n" % (os.environ["SNOOZE_PLUGIN"], time.time() * 1000))
        result = {"handled": True}
    else: result = {}
    print(json.dumps({"id": request["id"], "result": result}), flush=True)
`;

/** From the moment the metadata service has a spot notice to the last of three handlers having it, by priority. */
export const notice: Bench = async (forms, say) => {
  const delays: number[] = [];
  let inOrder = 0;
  const [form] = forms;
  for (let run = 0; run < DAEMONS && form !== undefined; run++) {
    const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
    const service = await startFakeImds({ lifecycle: 'spot' });
    const called = join(directory, 'called');
    writeFileSync(called, '');
    for (const [name, priority] of [
      ['last', 1],
      ['first', 90],
      ['middle', 50],
    ] as const)
      writeHandler(directory, { name, priority, called });
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
    try {
      await waitFor('the first poll', () => service.requests.some(({ path }) => path.includes('spot/instance-action')));
      for (const [index, action] of ACTIONS.entries()) {
        const shownMs = Date.now();
        service.set('spot/instance-action', { action, time: new Date(shownMs + 120_000).toISOString() });
        const lines = await waitFor('three handlers', () => {
          const found = readFileSync(called, 'utf8')
            .trim()
            .split('\n')
            .slice(index * 3);
          return found.length === 3 && found;
        });
        delays.push(Number(lines[2]?.split(' ')[1]) - shownMs);
        if (lines.map((line) => line.split(' ')[0]).join() === 'first,middle,last') inOrder += 1;
      }
    } finally {
      await daemon.stop();
      await service.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const slowest = Math.max(...delays).toFixed(0);
  say(
    `spot notice to the third handler, polling each ${POLL_SECONDS} s: slowest of ${delays.length} ${slowest} ms (goal: under ${POLL_SECONDS * 1000 + 100} ms), ${inOrder} in order of priority`,
  );
};

function writeHandler(
  directory: string,
  { name, priority, called }: { name: string; priority: number; called: string },
): void {
  mkdirSync(join(directory, name));
  const exec = { command: 'python3', args: ['handler.py', called] };
  const events = { 'cloud.spot.interrupt': { priority } };
  const permissions = { write: [dirname(called)] };
  writeFileSync(
    join(directory, name, 'plugin.json'),
    JSON.stringify({
      name,
      version: '1.0.0',
      type: 'external',
      exec,
      events,
      permissions,
      capabilities: ['handle_event'],
    }),
  );
  writeFileSync(join(directory, name, 'handler.py'), HANDLER);
}
