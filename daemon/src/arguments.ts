import { parseArgs } from 'node:util';
import { messageOf, SnoozeError } from './errors.ts';

/** What was typed after `snoozed`. */
export type Arguments = {
  config?: string;
  stateDirectory?: string;
  socket?: string;
  /** Dotted config key → value: the flags that override the configuration. */
  overrides: Record<string, unknown>;
  show: 'help' | 'version' | undefined;
};

export const HELP = `snoozed watches this host and stops it when nobody needs it.

Usage: snoozed [options]

  --config FILE       configuration (SNOOZE_CONFIG, /etc/cloudsnooze/snooze.json)
  --state-dir DIR     history, journal and plugins (SNOOZE_STATE_DIR, /var/lib/cloudsnooze)
  --socket PATH       where \`snooze\` talks to it (SNOOZE_SOCKET, /run/cloudsnooze/snoozed.sock)
  --dry-run           decide everything, stop nothing
  --log-level LEVEL   trace, debug, info, warn or error
  --log-format FORMAT auto, json or text
  --version           print the version
  --help              print this

Signals: TERM and INT end it, HUP reads the configuration again.
Exit codes: 0 done, 1 failed, 2 wrong usage, 4 not permitted, 5 configuration invalid.
`;

/**
 * Reads the command line.
 * @throws SnoozeError SNOOZE_E_USAGE for an unknown option, a missing value or a stray argument.
 */
export function parseArguments(typed: readonly string[]): Arguments {
  const { values } = parse(typed);
  return {
    ...(values.config !== undefined && { config: values.config }),
    ...(values['state-dir'] !== undefined && { stateDirectory: values['state-dir'] }),
    ...(values.socket !== undefined && { socket: values.socket }),
    overrides: {
      ...(values['dry-run'] === true && { dry_run: true }),
      ...(values['log-level'] !== undefined && { 'logging.level': values['log-level'] }),
      ...(values['log-format'] !== undefined && { 'logging.format': values['log-format'] }),
    },
    show: values.help === true ? 'help' : values.version === true ? 'version' : undefined,
  };
}

function parse(typed: readonly string[]) {
  try {
    return parseArgs({
      args: [...typed],
      strict: true,
      allowPositionals: false,
      options: {
        config: { type: 'string' },
        'state-dir': { type: 'string' },
        socket: { type: 'string' },
        'dry-run': { type: 'boolean' },
        'log-level': { type: 'string' },
        'log-format': { type: 'string' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const [sentence = ''] = messageOf(error).split('. ');
    throw new SnoozeError('SNOOZE_E_USAGE', sentence, { hint: 'type: snoozed --help', cause: error });
  }
}
