import { sleep } from '@cloudsnooze/daemon/clock';
import { defineCommand } from '../../command.ts';
import { printLines } from '../../context.ts';
import { changesOf, type EventRecord, storyLines } from '../../render/event-change.ts';

const INTERVAL_MS = 500;
/** More than can begin between two looks, but for a storm, of which a person could read nothing anyway. */
const LOOKED_AT = 200;

export const eventsTail = defineCommand({
  summary: 'print each event, and what becomes of it, as it happens; ^C ends it',
  arguments: {},
  options: {},
  examples: ['snooze events tail', 'snooze events tail --json | jq .event.type'],
  async run(_, context) {
    const signal = context.interrupted();
    const look = () => context.withDaemon((client) => client.call('events.list', { limit: LOOKED_AT }));
    let known: readonly EventRecord[] = await look();
    while (await sleep(context.clock, INTERVAL_MS, signal)) {
      const now = await look();
      for (const change of changesOf(known, now)) {
        if (context.json) context.output.write(`${JSON.stringify(change.record)}\n`);
        else printLines(context.output, storyLines(change, { ...context, nowMs: context.clock.wallMs() }));
      }
      known = now;
    }
  },
});
