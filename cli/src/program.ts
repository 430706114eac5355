import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { VERSION } from '@cloudsnooze/daemon/version';
import { Command as CommanderCommand, CommanderError, Option } from 'commander';
import type { Command, OptionDefinition } from './command.ts';
import { COMMANDS, type CommandEntry, NOUNS } from './commands/registry.ts';
import { usageError } from './usage-error.ts';

export type GlobalOptions = { socket?: string; json: boolean; color: boolean };

/** What a command line asks for: a command to run, or a text (help, version) to print. */
export type Typed =
  | { kind: 'text'; text: string; wrongUsage: boolean }
  | {
      kind: 'command';
      command: Command;
      arguments: Record<string, unknown>;
      options: Record<string, unknown>;
      globals: GlobalOptions;
    };

/**
 * Reads a command line, and loads only the command that it names. `columns` is the width of the help.
 * @throws SnoozeError SNOOZE_E_USAGE with the nearest known word as hint.
 */
export async function parseTyped(line: readonly string[], columns: number): Promise<Typed> {
  // commander's own word helps with the first word of a command alone.
  const isHelp = line[0] === 'help' && isCommand(line.slice(1));
  const typed = isHelp ? [...line.slice(1), '--help'] : line;
  let text = '';
  let chosen: Typed | undefined;
  const program = createProgram(columns, (part) => {
    text += part;
  });
  for (const entry of COMMANDS) program.addEntry(entry);
  for (const entry of neededEntries(typed)) {
    program.define(entry, await entry.load(), (found) => {
      chosen = found;
    });
  }
  try {
    program.parse(typed);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help on a command that there is not: that is said as it is without the word help.
    if (error.code.startsWith('commander.help') && error.exitCode !== 0 && typed[0] === 'help' && typed.length > 1)
      return parseTyped(typed.slice(1), columns);
    if (error.code.startsWith('commander.help') || error.code === 'commander.version') {
      return { kind: 'text', text, wrongUsage: error.exitCode !== 0 };
    }
    throw usageError(error.message, typed);
  }
  if (chosen === undefined) throw new SnoozeError('SNOOZE_E_USAGE', 'no command', { hint: 'type: snooze --help' });
  return chosen;
}

function createProgram(columns: number, write: (text: string) => void) {
  const root = new CommanderCommand('snooze');
  const commands = new Map<string, CommanderCommand>();
  root
    .description('Talks to snoozed, which stops this host when nobody needs it.')
    .option('--socket <PATH>', 'where snoozed listens (SNOOZE_SOCKET)')
    .option('--json', 'print data for programs')
    .option('--no-color', 'no colours on a terminal either (NO_COLOR)')
    .version(`snooze ${VERSION}`, '--version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: write,
      writeErr: write,
      outputError: () => {},
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    })
    .exitOverride()
    .addHelpText(
      'after',
      examplesText(['snooze status', 'snooze status --watch', 'snooze plugin install ./redis-monitor']),
    );

  const child = (parent: CommanderCommand, key: string, name: string) => {
    const known = commands.get(key);
    if (known !== undefined) return known;
    const made = parent.command(name);
    commands.set(key, made);
    return made;
  };
  const addEntry = ({ words: [first, second] }: CommandEntry) => {
    const top = child(root, first, first);
    if (second === undefined) return top;
    top.description(NOUNS[first] ?? '').helpCommand(false);
    return child(top, `${first} ${second}`, second);
  };
  return {
    addEntry,
    define(entry: CommandEntry, command: Command, choose: (typed: Typed) => void) {
      const target = addEntry(entry);
      describe(target, command);
      target.action((...values: unknown[]) =>
        choose({ kind: 'command', command, ...valuesOf(target, command, values) }),
      );
    },
    parse: (typed: readonly string[]) => root.parse([...typed], { from: 'user' }),
  };
}

function describe(target: CommanderCommand, command: Command): void {
  target.description(command.summary);
  for (const [name, { description, optional, rest }] of Object.entries(command.arguments)) {
    const word = name.toUpperCase();
    target.argument(rest ? `[${word}...]` : optional ? `[${word}]` : `<${word}>`, description);
    if (rest) target.allowUnknownOption();
  }
  for (const [name, option] of Object.entries(command.options)) target.addOption(commanderOption(name, option));
  target.addHelpText('after', examplesText(command.examples));
}

function valuesOf(target: CommanderCommand, command: Command, values: readonly unknown[]) {
  const typed = target.opts();
  const { socket, json, color } = target.optsWithGlobals<Partial<GlobalOptions>>();
  return {
    arguments: Object.fromEntries(Object.keys(command.arguments).map((name, index) => [name, values[index]])),
    options: Object.fromEntries(
      Object.entries(command.options).map(([name, option]) => [name, typed[name] ?? UNTYPED[option.kind]]),
    ),
    globals: { ...(socket !== undefined && { socket }), json: json ?? false, color: color ?? true },
  };
}

/** The value of an option that was not typed and has no default of its own. */
const UNTYPED = { flag: false, list: [], text: undefined, count: undefined } as const;

function commanderOption(name: string, option: OptionDefinition): Option {
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  switch (option.kind) {
    case 'flag':
      return new Option(option.short === undefined ? flag : `-${option.short}, ${flag}`, option.description);
    case 'count':
      return new Option(`${flag} <${option.value}>`, option.description)
        .argParser((typed) => parseCount(flag, typed))
        .default(option.default);
    case 'text':
      return new Option(`${flag} <${option.value}>`, option.description).argParser((typed) =>
        checkedText(flag, typed, option.among),
      );
    case 'list':
      return new Option(`${flag} <${option.value}...>`, option.description);
  }
}

function parseCount(flag: string, typed: string): number {
  if (/^[1-9]\d{0,8}$/.test(typed)) return Number(typed);
  throw new SnoozeError(
    'SNOOZE_E_USAGE',
    `${flag}: expected a whole number of at least 1, found ${JSON.stringify(typed)}`,
  );
}

function checkedText(flag: string, typed: string, among: readonly string[] = [typed]): string {
  if (among.includes(typed)) return typed;
  const message = `${flag}: expected one of ${among.join(', ')}, found ${JSON.stringify(typed)}`;
  throw new SnoozeError('SNOOZE_E_USAGE', message);
}

function examplesText(examples: readonly string[]): string {
  return `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`;
}

function isCommand(line: readonly string[]): boolean {
  return COMMANDS.some(({ words }) => words.every((word, index) => word === line[index]));
}

/** The commands whose definitions this command line needs: one where it names one, those of a noun, or all. */
function neededEntries(typed: readonly string[]): readonly CommandEntry[] {
  const words = typed.filter((word, index) => !word.startsWith('-') && typed[index - 1] !== '--socket');
  const named = COMMANDS.find((entry) => entry.words.every((word, index) => word === words[index]));
  if (named !== undefined) return [named];
  const ofNoun = COMMANDS.filter(({ words: [noun] }) => noun === words[0]);
  return ofNoun.length > 0 ? ofNoun : COMMANDS;
}
