import { type Clock, rfc3339 } from '../../clock.ts';
import type { Log } from '../../log.ts';
import { createWaiting, type Waiting } from '../instance/waiting.ts';

/** A line of a plugin's log; numbers grow by one with each line of the instance. */
export type LogLine = { number: number; at: string; level: keyof Log; message: string };

/** The log of one instance: what goes through it also goes to the daemon's log. */
export type PluginLog = Log & {
  /** Keeps a line that is too much for the daemon's log. */
  keep(level: keyof Log, message: string): void;
};

/** The last lines of each instance. */
export type LogBook = {
  of(instance: string): PluginLog;
  /** The last `limit` of those after the one with the number `after`, the oldest first. */
  lines(instance: string, after: number, limit: number): LogLine[];
  /** Forgets the lines of an instance. */
  forget(instance: string): void;
  /** Resolves when the instance has said something more, or `signal` aborts. */
  more(instance: string, signal: AbortSignal): Promise<void>;
};

const KEPT_LINES = 500;
/** Of one instance, in all. */
const KEPT_CHARACTERS = 64 * 1024;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

type Page = { lines: LogLine[]; characters: number; last: number; said: Waiting; log: PluginLog };

export function createLogBook(log: Log, clock: Clock): LogBook {
  const pages = new Map<string, Page>();

  const pageOf = (instance: string): Page => pages.getOrInsertComputed(instance, openPage);
  const openPage = (): Page => {
    const page = { lines: [] as LogLine[], characters: 0, last: 0, said: createWaiting() };
    const keep = (level: keyof Log, message: string) => {
      page.last += 1;
      page.lines.push({ number: page.last, at: rfc3339(clock.wallMs()), level, message });
      page.characters += message.length;
      while (page.lines.length > KEPT_LINES || page.characters > KEPT_CHARACTERS)
        page.characters -= page.lines.shift()?.message.length ?? page.characters;
      page.said.wakeAll();
    };
    const through = LEVELS.map((level) => [
      level,
      (fields: object, message: string) => {
        keep(level, message);
        log[level](fields, message);
      },
    ]);
    return Object.assign(page, { log: { ...(Object.fromEntries(through) as Log), keep } });
  };

  return {
    of: (instance) => pageOf(instance).log,
    lines: (instance, after, limit) =>
      (pages.get(instance)?.lines ?? []).filter(({ number }) => number > after).slice(-limit),
    forget: (instance) => void pages.delete(instance),
    more: (instance, signal) => pageOf(instance).said.next(signal),
  };
}
