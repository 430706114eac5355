import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { COMMANDS } from './commands/registry.ts';

/** commander's message in our words; `typed` is the command line, for the help that fits. */
export function usageError(message: string, typed: readonly string[]): SnoozeError {
  const [sentence = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const meant = /\(Did you mean (?<words>.+)\?\)/.exec(suggestion ?? '')?.groups?.['words'];
  return new SnoozeError('SNOOZE_E_USAGE', sentence.trim().replace(/\.$/, ''), {
    hint: meant === undefined ? `type: ${helpFor(typed)}` : `did you mean ${meant}?`,
  });
}

function helpFor(typed: readonly string[]): string {
  const known = COMMANDS.find(({ words }) => words.every((word, index) => word === typed[index]));
  const noun = COMMANDS.some(({ words }) => words.length === 2 && words[0] === typed[0]) ? [typed[0]] : [];
  return ['snooze', ...(known?.words ?? noun), '--help'].join(' ');
}
