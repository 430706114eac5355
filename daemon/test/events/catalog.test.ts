import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_TYPE_PATTERN, EVENT_TYPES } from '../../src/config/patterns.ts';
import type { SnoozeError } from '../../src/errors.ts';
import { CATALOG, catalogEntry } from '../../src/events/catalog.ts';

test('it has every type of the protocol, each once', () => {
  assert.deepEqual(
    CATALOG.map(({ type }) => type),
    [...EVENT_TYPES, 'custom'],
  );
  const all = `${EVENT_TYPES.join(' ')} custom custom.backup custom.a.b-c_9`.split(' ');
  assert.deepEqual(
    all.filter((type) => new RegExp(EVENT_TYPE_PATTERN).test(type)),
    all,
  );
});

test('what takes the host away goes to every handler, an event of one’s own to the first that handles it', () => {
  for (const type of ['cloud.spot.interrupt', 'cloud.instance.termination', 'cloud.instance.maintenance']) {
    assert.equal(catalogEntry(type).dispatch, 'all', type);
  }
  for (const type of ['custom', 'custom.backup', 'custom.a.b-c_9']) {
    assert.equal(catalogEntry(type).dispatch, 'first', type);
    assert.equal(catalogEntry(type).type, type);
  }
  assert.deepEqual(catalogEntry('cloud.spot.interrupt').severity, 3);
  assert.deepEqual(catalogEntry('cloud.spot.interrupt').deadlineSeconds, 120);
});

for (const [type, hint] of [
  ['cloud.spot.interupt', 'did you mean cloud.spot.interrupt?'],
  ['Custom', 'did you mean custom?'],
  ['custom.', 'did you mean custom?'],
  ['custom.Über', 'after custom. stand small letters, digits'],
  ['custom.Deploy', 'after custom. stand small letters, digits, ".", "_" and "-" alone: no capital letters'],
  ['constructor', 'there are cloud.spot.interrupt,'],
  ['', 'there are cloud.spot.interrupt,'],
] as const) {
  test(`there is no type ${JSON.stringify(type)}`, () => {
    assert.throws(
      () => catalogEntry(type),
      ({ code, message, hint: found }: SnoozeError) => {
        assert.equal(code, 'SNOOZE_E_EVENT_INVALID');
        assert.ok(message.includes(JSON.stringify(type)), message);
        assert.ok(found?.startsWith(hint), `${found}`);
        return true;
      },
    );
  });
}
