import { messageOf } from '@cloudsnooze/daemon/errors';
import { defineCommand } from '../../command.ts';
import { printLines } from '../../context.ts';
import { changesOf, storyLines } from '../../render/event-change.ts';
import { clean } from '../../render/text.ts';
import { clockTime } from '../../render/time.ts';
import { follow } from '../../watch/follow.ts';
import { type Followed, followedAfter, lookAtEvents } from '../../watch/look-at-events.ts';

const INTERVAL_MS = 500;

export const eventsTail = defineCommand({
  summary: 'print each event, and what becomes of it, as it happens; ^C ends it',
  arguments: {},
  options: {},
  examples: ['snooze events tail', 'snooze events tail --json | jq .event.type'],
  async run(_, context) {
    const { clock, output, json } = context;
    let followed: Followed | undefined;
    const sightings = follow((client) => lookAtEvents(client, followed), context, {
      intervalMs: INTERVAL_MS,
      signal: context.interrupted(),
    });
    let wasGone = false;
    for await (const { found, problem } of sightings) {
      const nowMs = clock.wallMs();
      const isGone = problem !== undefined;
      if (isGone !== wasGone && !json) {
        const news = isGone ? `gone: ${clean(messageOf(problem))}; trying again` : 'snoozed answers again';
        printLines(output, [`${clockTime(nowMs, nowMs, 'seconds')}  ${news}`]);
      }
      wasGone = isGone;
      if (isGone) continue;
      const changes = followed === undefined ? [] : changesOf(followed, found);
      followed = followedAfter(found, followed);
      for (const change of changes) {
        if (json) output.write(`${JSON.stringify(change.record)}\n`);
        else printLines(output, storyLines(change, { ...context, nowMs }));
      }
    }
  },
});
