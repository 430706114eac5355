import { watchKeyboards } from './keyboards.ts';
import { defineMonitor } from './monitor.ts';
import { createTerminals, type Terminal } from './terminals.ts';

/** Seconds since somebody last typed, or was written to, on any terminal, keyboard or mouse. */
export const input = defineMonitor({
  name: 'input',
  title: 'time since the last input',
  unit: 's',
  idleWhen: 'above',
  open({ files, clock }) {
    const terminals = createTerminals(files);
    const keyboardUsed = watchKeyboards(files);
    const activity = createActivity();
    return {
      sample() {
        const bootMs = clock.bootMs();
        if (keyboardUsed()) activity.note('keyboard or mouse', bootMs);
        const last = activity.look(terminals(), { wallMs: clock.wallMs(), bootMs });
        if (last === undefined)
          return { status: 'measured', value: bootMs / 1000, detail: 'nobody is logged in', idle: true };
        return { status: 'measured', value: (bootMs - last.bootMs) / 1000, detail: last.where };
      },
    };
  },
});

/** Remembers the youngest activity, whatever becomes of the terminal on which it was. */
export type Activity = {
  /** Something was used at this instant. */
  note(where: string, bootMs: number): void;
  /** Takes the terminals of this instant, and gives the youngest activity, or undefined where nobody has ever been. */
  look(
    terminals: readonly Terminal[],
    now: { wallMs: number; bootMs: number },
  ): { where: string; bootMs: number } | undefined;
};

/**
 * Times of terminals are wall-clock times, and that clock can jump: they are compared with it only where nothing was
 * seen before. From then on a time that CHANGED is activity, now, and is counted on the clock that does not jump.
 */
export function createActivity(): Activity {
  let known: ReadonlyMap<string, Terminal> | undefined;
  let last: { where: string; bootMs: number } | undefined;
  const note = (where: string, bootMs: number) => {
    if (last === undefined || bootMs >= last.bootMs) last = { where, bootMs };
  };
  return {
    note,
    look(terminals, now) {
      for (const terminal of terminals) {
        const before = known?.get(terminal.name);
        const usedBootMs = before ? changedAt(before, terminal, now) : firstUse(terminal, now, known !== undefined);
        if (usedBootMs !== undefined) note(`terminal ${terminal.name}`, usedBootMs);
      }
      known = new Map(terminals.map((terminal) => [terminal.name, terminal]));
      return last && { ...last, where: isGone(last.where) ? `${last.where}, closed since` : last.where };
    },
  };

  function isGone(where: string): boolean {
    return where.startsWith('terminal ') && !known?.has(where.slice('terminal '.length));
  }
}

/** Consoles are made in the first seconds and get their login prompts in the first minutes: neither is a person. */
const CONSOLE_MADE_MS = 10_000;
const PROMPT_WRITTEN_MS = 120_000;

function changedAt(before: Terminal, after: Terminal, { bootMs }: { bootMs: number }): number | undefined {
  const isPrompt = after.kind === 'console' && bootMs <= PROMPT_WRITTEN_MS;
  const changed = after.atimeMs !== before.atimeMs || (after.mtimeMs !== before.mtimeMs && !isPrompt);
  return changed ? bootMs : undefined;
}

/** When a terminal that was not there before was used: at most now, at least at the boot, or never. */
function firstUse(
  { kind, atimeMs, mtimeMs }: Terminal,
  { wallMs, bootMs }: { wallMs: number; bootMs: number },
  isWatched: boolean,
): number | undefined {
  if (kind === 'pseudo' && isWatched) return bootMs;
  const read = bootMs - (wallMs - atimeMs);
  const written = bootMs - (wallMs - mtimeMs);
  if (kind === 'pseudo') return Math.min(bootMs, Math.max(0, read, written));
  const uses = [...(read > CONSOLE_MADE_MS ? [read] : []), ...(written > PROMPT_WRITTEN_MS ? [written] : [])];
  return uses.length === 0 ? undefined : Math.min(bootMs, Math.max(...uses));
}
