import type { Status } from '@cloudsnooze/daemon/control/api';
import type { ControlClient } from '@cloudsnooze/daemon/control/client';
import type { CommandContext } from '../context.ts';
import { follow, type Sighting } from './follow.ts';
import { createLineView } from './line-view.ts';
import { createScreenView } from './screen-view.ts';

/** Shows each sighting of the daemon's status in its way. */
export type View = {
  show(sighting: Sighting<Status>): void;
  /** Gives the terminal back as it was. */
  end(): void;
};

const INTERVAL_MS = 1000;
const TIMEOUT_MS = 5000;

/**
 * Keeps the status in view until it is interrupted: on the whole screen of a terminal, as a line for each change in a
 * pipe.
 * @throws SnoozeError where the daemon does not answer at all at the first time.
 */
export async function watchStatus(context: CommandContext): Promise<void> {
  const signal = context.interrupted();
  const ask = (client: ControlClient) => client.call('status', {}, TIMEOUT_MS);
  let view: View | undefined;
  try {
    for await (const sighting of follow(ask, context, { intervalMs: INTERVAL_MS, signal })) {
      view ??= context.output.isTerminal && !context.json ? createScreenView(context) : createLineView(context);
      view.show(sighting);
    }
  } finally {
    view?.end();
  }
}
