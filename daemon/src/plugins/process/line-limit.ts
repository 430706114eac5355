import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { PluginLog } from '../records/log-book.ts';

/** A plugin that says more than this in a minute is heard again in the next one. */
const LINES_PER_MINUTE = 60;
/** Far below what a pipe holds: what does not fit into the daemon's own log is lost, whoever's line it is. */
const CHARACTERS_PER_MINUTE = 16 * 1024;
const MINUTE_MS = 60_000;

const TOO_MUCH = `more than ${LINES_PER_MINUTE} lines or ${CHARACTERS_PER_MINUTE / 1024} KiB in a minute; the rest of it is dropped`;

/** The log of a plugin, or one that keeps nothing. */
export type SaidLog = Log & Partial<PluginLog>;

type Say = (level: keyof Log, fields: object, message: string) => void;

/** Says what `instance` says in the daemon's log, up to a limit; what is beyond it is in the plugin's own log alone. */
export function limitLines(log: SaidLog, clock: Clock, instance: string): Say {
  let minuteStartedMs = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let characters = 0;
  let told = false;
  return (level, fields, message) => {
    if (clock.bootMs() - minuteStartedMs >= MINUTE_MS) {
      minuteStartedMs = clock.bootMs();
      lines = 0;
      characters = 0;
      told = false;
    }
    lines += 1;
    characters += message.length + JSON.stringify(fields).length;
    // Whose line it is, is not for the plugin to say.
    if (lines <= LINES_PER_MINUTE && characters <= CHARACTERS_PER_MINUTE)
      return log[level]({ ...fields, plugin: instance }, message);
    if (!told) log.warn({ plugin: instance }, TOO_MUCH);
    told = true;
    log.keep?.(level, message);
  };
}
