import assert from 'node:assert/strict';
import { test } from 'node:test';
import { next, UNBORN } from '../../../src/plugins/instance/lifecycle.ts';
import { createLifeTeller } from '../../../src/plugins/instance/tell-life.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

test('what was to be tried again and is turned off is told not to be', () => {
  const lines: string[] = [];
  const say = (_: object, message: string) => void lines.push(message);
  const log = { debug() {}, info: say, warn: say, error: say };
  const tell = createLifeTeller('p', { history: { add() {}, list: () => [] }, log, clock: createFakeClock() });
  let life = next(UNBORN, { kind: 'start', cause: 'it is enabled' });
  life = next(life, { kind: 'failure', error: 'exit code 3', hopeless: false, bootMs: 0, random: 1 });
  tell(life);
  tell(next(life, { kind: 'stop', reason: 'it is not in use any more' }));
  assert.match(lines.join('\n'), /^exit code 3; next try in \S+ s\nnot tried again: it is not in use any more$/);
});
