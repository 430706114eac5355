import type { Status } from '@cloudsnooze/daemon/control/api';
import { messageOf } from '@cloudsnooze/daemon/errors';
import type { CommandContext } from '../context.ts';
import { duration } from '../render/duration.ts';
import { statusScreen } from '../render/status.ts';
import { paint } from '../render/style.ts';
import { clean, wrap } from '../render/text.ts';
import type { Sighting } from './follow.ts';
import { ENTER_SCREEN, fitRows, LEAVE_SCREEN, redraw } from './screen.ts';
import type { View } from './watch.ts';

/** The status on a screen of its own, redrawn in place. */
export function createScreenView({ output, clock, style }: Pick<CommandContext, 'output' | 'clock' | 'style'>): View {
  const leave = output.beforeExit(() => output.write(LEAVE_SCREEN));
  output.write(ENTER_SCREEN);
  let drawn: readonly string[] | undefined;
  let last: Sighting<Status> | undefined;

  const draw = () => {
    if (last === undefined) return;
    const { columns, rows } = output.size();
    const lines = fitRows(screenLines(last, columns), rows);
    output.write(redraw(drawn, lines));
    drawn = lines;
  };
  const screenLines = ({ found: status, seenMs, problem }: Sighting<Status>, width: number): string[] => {
    if (problem === undefined) return statusScreen(status, { width, style, nowMs: clock.wallMs() });
    const since = duration((clock.wallMs() - seenMs) / 1000);
    const text = `no answer for ${since}, trying again each second: ${clean(messageOf(problem))}`;
    const before = statusScreen(status, { width, style: { ...style, colour: false }, nowMs: seenMs });
    return [
      ...wrap(text, width).map((line) => paint(line, 'red', style)),
      '',
      ...before.map((line) => paint(line, 'dim', style)),
    ];
  };
  const stopListening = output.onResize(() => {
    // A terminal moves its lines about when it is resized; what was drawn cannot be relied on.
    drawn = undefined;
    draw();
  });

  return {
    show(sighting) {
      last = sighting;
      draw();
    },
    end() {
      stopListening();
      leave();
    },
  };
}
