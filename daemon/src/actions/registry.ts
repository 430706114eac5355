import type { Action } from './action.ts';
import { exec } from './exec.ts';
import { none } from './none.ts';
import { poweroff } from './poweroff.ts';
import { stop } from './stop.ts';

/** Every action. */
export const ACTIONS: readonly Action[] = [stop, poweroff, exec, none];

/** The action of that name; the config's schema has checked that there is one. */
export function findAction(name: Action['name']): Action {
  return ACTIONS.find((action) => action.name === name) ?? none;
}
