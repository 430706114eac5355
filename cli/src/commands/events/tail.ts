import { messageOf } from '@cloudsnooze/daemon/errors';
import { defineCommand } from '../../command.ts';
import { printLines } from '../../context.ts';
import { changesOf, type EventRecord, storyLines } from '../../render/event-change.ts';
import { clean } from '../../render/text.ts';
import { clockTime } from '../../render/time.ts';
import { follow } from '../../watch/follow.ts';

const INTERVAL_MS = 500;
const TIMEOUT_MS = 5000;
/** More than can begin between two looks, but for a storm, of which a person could read nothing anyway. */
const LOOKED_AT = 200;

export const eventsTail = defineCommand({
  summary: 'print each event, and what becomes of it, as it happens; ^C ends it',
  arguments: {},
  options: {},
  examples: ['snooze events tail', 'snooze events tail --json | jq .event.type'],
  async run(_, context) {
    const { clock, output, json } = context;
    const sightings = follow((client) => client.call('events.list', { limit: LOOKED_AT }, TIMEOUT_MS), context, {
      intervalMs: INTERVAL_MS,
      signal: context.interrupted(),
    });
    let known: readonly EventRecord[] | undefined;
    let wasGone = false;
    for await (const { found, problem } of sightings) {
      const nowMs = clock.wallMs();
      const isGone = problem !== undefined;
      if (isGone && !wasGone && !json)
        printLines(output, [`${clockTime(nowMs, nowMs, 'seconds')}  gone: ${clean(messageOf(problem))}; trying again`]);
      wasGone = isGone;
      for (const change of changesOf(known ?? found, found)) {
        if (json) output.write(`${JSON.stringify(change.record)}\n`);
        else printLines(output, storyLines(change, { ...context, nowMs }));
      }
      known = found;
    }
  },
});
