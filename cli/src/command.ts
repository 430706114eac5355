import type { CommandContext } from './context.ts';

/** One argument, in the order in which it is typed. */
export type ArgumentDefinition = {
  description: string;
  /** It may be left out. */
  optional?: true;
  /** All words that are left, options that are not ours too. */
  rest?: true;
};

/** One option; its key in camelCase is its flag in kebab-case. */
export type OptionDefinition =
  | { kind: 'flag'; description: string; short?: string }
  /** A whole number of at least 1. */
  | { kind: 'count'; value: string; description: string; default?: number }
  /** Any text, or one of `among`. */
  | { kind: 'text'; value: string; description: string; among?: readonly string[] }
  /** One or more values after the flag, which may also be repeated. */
  | { kind: 'list'; value: string; description: string };

type Arguments = Record<string, ArgumentDefinition>;
type Options = Record<string, OptionDefinition>;

type ArgumentValues<A extends Arguments> = {
  [K in keyof A]: A[K] extends { rest: true }
    ? readonly string[]
    : A[K] extends { optional: true }
      ? string | undefined
      : string;
};
type OptionValue<O extends OptionDefinition> = O extends { kind: 'flag' }
  ? boolean
  : O extends { kind: 'list' }
    ? readonly string[]
    : O extends { kind: 'count'; default: number }
      ? number
      : O extends { kind: 'count' }
        ? number | undefined
        : string | undefined;
type OptionValues<O extends Options> = { [K in keyof O]: OptionValue<O[K]> };

/** A command without the types of its own arguments and options: what the program is built from. */
export type Command = {
  summary: string;
  arguments: Arguments;
  options: Options;
  /** Whole command lines, each one that works; shown by `--help`. */
  examples: readonly [string, ...string[]];
  run(typed: { arguments: never; options: never }, context: CommandContext): Promise<void>;
};

/**
 * Gives a command its types: `run` gets its arguments and options as they are defined here.
 * What `run` throws is printed by `main.ts`, and decides the exit code.
 */
export function defineCommand<const A extends Arguments, const O extends Options>(
  command: Omit<Command, 'arguments' | 'options' | 'run'> & {
    arguments: A;
    options: O;
    run(typed: { arguments: ArgumentValues<A>; options: OptionValues<O> }, context: CommandContext): Promise<void>;
  },
): Command {
  return command;
}
