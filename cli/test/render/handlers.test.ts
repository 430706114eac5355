import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { handlerLines } from '../../src/render/handlers.ts';
import { PIPE } from '../support/golden.ts';

type HandlerTable = ControlMethods['events.handlers']['result'][number];

const table = (change: Partial<HandlerTable>): HandlerTable => ({
  type: 'cloud.spot.interrupt',
  title: 'the spot host is taken away',
  dispatch: 'all',
  enabled: true,
  handlers: [],
  not_called: [],
  warning: null,
  ...change,
});
const handler = { mode: 'handle', timeout_seconds: 30, problem: null } as const;

test('for each type it is told who is called, in which order, for how long, and what is wrong', () => {
  const lines = handlerLines(
    [
      table({
        handlers: [
          { ...handler, instance: 'save-work', priority: 90 },
          { ...handler, instance: 'tell-team', priority: 10, mode: 'observe', problem: 'it has failed: exit code 1' },
        ],
        not_called: [{ instance: 'old-one', reason: 'the plugin is disabled' }],
      }),
      table({
        type: 'custom',
        title: 'an event of your own',
        dispatch: 'first',
        enabled: false,
        handlers: [{ ...handler, instance: 'a', priority: 1 }],
      }),
      table({ type: 'system.disk.low' }),
      table({ type: 'system.cpu.high' }),
    ],
    { style: PIPE, width: 200 },
  );
  assert.deepEqual(lines, [
    'cloud.spot.interrupt  the spot host is taken away; every handler is called',
    'PRIORITY  HANDLER              TIME',
    '      90  save-work  handles   at most 30 s',
    '      10  tell-team  observes  at most 30 s  it has failed: exit code 1',
    'not called: old-one, the plugin is disabled',
    '',
    'custom  an event of your own; turned off',
    'PRIORITY  HANDLER           TIME',
    '       1  a        handles  at most 30 s',
    '',
    'nobody handles system.disk.low, system.cpu.high',
  ]);
});

test('a spot host whose interruption nobody handles is warned of first', () => {
  const warning = 'this is a spot host, and no plugin handles its interruption: nothing will save its work';
  assert.equal(handlerLines([table({ warning })], { style: PIPE, width: 80 })[1], `warning: ${warning}`);
});
