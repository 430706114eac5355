import { rfc3339 } from '@cloudsnooze/daemon/clock';
import type { Status } from '@cloudsnooze/daemon/control/api';
import { messageOf } from '@cloudsnooze/daemon/errors';
import type { CommandContext } from '../context.ts';
import { nextInWords } from '../render/headline.ts';
import { clean } from '../render/text.ts';
import { dateTime } from '../render/time.ts';
import type { View } from './watch.ts';

/** A line for each change: of the state, a verdict, an event, an inhibitor, a plugin, or of what is wrong. */
export function createLineView({ output, json, clock }: Pick<CommandContext, 'output' | 'json' | 'clock'>): View {
  let shown: string | undefined;
  return {
    show({ found: status, problem }) {
      const isGone = problem !== undefined;
      const key = isGone ? 'gone' : changeKey(status);
      if (key === shown) return;
      shown = key;
      if (json) {
        if (!isGone) output.write(`${JSON.stringify(status)}\n`);
        return;
      }
      const nowMs = clock.wallMs();
      const line = isGone
        ? `gone: ${clean(messageOf(problem))}; trying again each second`
        : `${status.state}${status.dry_run ? ' [DRY RUN]' : ''}: ${clean(status.reason)}; next: ${nextInWords(status, nowMs)}`;
      output.write(`${dateTime(rfc3339(nowMs))} ${line}\n`);
    },
    end() {},
  };
}

/** Everything of a status but its values and times, which change all the while. */
function changeKey(status: Status): string {
  return JSON.stringify([
    status.state,
    status.checks.map(({ name, verdict }) => [name, verdict]),
    status.plugins.map(({ instance, state }) => [instance, state]),
    status.events.pending.map(({ event, state }) => [event.id, state]),
    status.events.sources.map((source) => [source.name, source.status]),
    status.inhibitors.map(({ kind, name }) => [kind, name]),
    [status.last_failure?.at, status.config_error, status.dry_run, status.action],
  ]);
}
