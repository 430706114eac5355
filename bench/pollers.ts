import { setTimeout as pause } from 'node:timers/promises';
import { startFakeImds } from '../daemon/test/support/fake-imds.ts';
import { waitFor } from '../daemon/test/support/wait-for.ts';
import { startDaemon } from './daemon.ts';
import type { Bench } from './main.ts';
import { processCost } from './process-cost.ts';

/** Twenty-four polls for a spot notice, and four of each calm path. */
const MEASURED_SECONDS = 120;
/** V8 collects the garbage of the start after about half a minute, once. */
const SETTLED_AFTER_MS = 45_000;

/** What watching EC2's metadata of a spot host costs at defaults, beside a daemon that watches no event at all. */
export const pollers: Bench = async (forms, say) => {
  const [form] = forms;
  if (form === undefined) return;
  const service = await startFakeImds({ lifecycle: 'spot' });
  const environment = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url,
    AWS_EC2_METADATA_DISABLED: 'false',
    AWS_ENDPOINT_URL_EC2: service.url,
  };
  const watching = await startDaemon(form, {}, environment);
  const blind = await startDaemon(form, { events: { enabled: false } }, environment);
  try {
    await waitFor('the first poll', () => service.requests.some(({ path }) => path.includes('spot/instance-action')));
    await pause(SETTLED_AFTER_MS);
    const daemons = [watching, blind];
    const before = daemons.map(({ child }) => processCost(child.pid).cpuMs);
    const requests = service.requests.length;
    const tokens = service.tokensIssued.length;
    await pause(MEASURED_SECONDS * 1000);
    const perHour = 3600 / MEASURED_SECONDS;
    const [withPolls = 0, without = 0] = daemons.map(
      ({ child }, index) => ((processCost(child.pid).cpuMs - (before[index] ?? 0)) / 1000) * perHour,
    );
    say(
      `${form.name}: ${(withPolls - without).toFixed(2)} CPU s an hour for all pollers (goal: under 3 s), ${(service.requests.length - requests) * perHour} requests an hour, ${service.tokensIssued.length - tokens} tokens in ${MEASURED_SECONDS} s after the first (goal: 0)`,
    );
  } finally {
    await Promise.all([watching.stop(), blind.stop()]);
    await service.close();
  }
};
