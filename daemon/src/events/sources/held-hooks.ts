import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../../cloud/json-answer.ts';
import { createValidator } from '../../config/validator.ts';
import type { Hook } from './queue-events.ts';

/** A message as it was received; its handle is the newest one. */
export type Held = { hook: Hook; eventId: string; handle: string };

const text = { type: 'string' };
const isHeld = createValidator({
  type: 'array',
  items: {
    type: 'object',
    required: ['hook', 'eventId', 'handle'],
    properties: {
      eventId: text,
      handle: text,
      hook: {
        type: 'object',
        required: ['group', 'name', 'token', 'transition', 'toWarmPool'],
        properties: { group: text, name: text, token: text, transition: text, toWarmPool: { type: 'boolean' } },
      },
    },
  },
});

/**
 * The lifecycle hooks that are held, in `hooks.json` of the state directory: a daemon that was killed goes on with them
 * at once, though the queue still hides their messages. Neither function throws: without the file the messages come
 * again, only later.
 */
export function openHeldHooks(stateDirectory: string): { read(): Held[]; write(held: readonly Held[]): void } {
  const file = join(stateDirectory, 'hooks.json');
  return {
    read() {
      try {
        const found = parseJson(readFileSync(file, 'utf8'));
        return isHeld(found).length === 0 ? (found as Held[]) : [];
      } catch {
        return []; // none was held
      }
    },
    write(held) {
      try {
        if (held.length === 0) return rmSync(file, { force: true });
        writeFileSync(`${file}.new`, JSON.stringify(held), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch {
        // a full disk, which the journal says
      }
    },
  };
}
