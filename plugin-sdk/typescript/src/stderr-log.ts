import type { Log, LogLevel } from './plugin.ts';

const SYSLOG_LEVELS: Record<LogLevel, number> = { debug: 7, info: 6, warn: 4, error: 3 };

/** The plugin's log on its standard error, each line with its level, as the host reads it. */
export function stderrLog(): Log {
  const at = (level: LogLevel) => (message: string) => {
    // Each line of a stack needs its own level, or the host takes the rest for `info`.
    for (const line of String(message).split('\n')) process.stderr.write(`<${SYSLOG_LEVELS[level]}>${line}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
