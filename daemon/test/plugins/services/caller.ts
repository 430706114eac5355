import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { Ajv } from 'ajv';
import type { SentEvent } from '../../../src/events/intake.ts';
import { createLeases } from '../../../src/idle/leases.ts';
import { openForTest } from '../../store/open-for-test.ts';
import { startHost } from '../plugin-host.ts';

const program = readFileSync(new URL('../fixtures/caller.py', import.meta.url), 'utf8');
const messages = JSON.parse(
  readFileSync(new URL('../../../../plugin-sdk/protocol/messages.schema.json', import.meta.url), 'utf8'),
);
const schemas = new Ajv({ strict: false, formats: { 'date-time': true } }).addSchema(messages);
const { signal } = new AbortController();

/** A host with one plugin that calls on it whatever the test wants, and the daemon's parts behind the services. */
export async function startCaller(t: TestContext, permitted: readonly string[], instances = ['caller']) {
  const store = openForTest(t);
  const leases = createLeases();
  const events: SentEvent[] = [];
  const emit = async (event: SentEvent) => `event-${events.push(event)}`;
  const world = await startHost(
    t,
    instances.map((name) => ({
      manifest: { name, exec: { command: 'python3', args: ['caller.py'] }, permissions: { host: permitted } },
      files: { 'caller.py': program },
    })),
    { services: { keyValue: store.keyValue, leases, emit } },
  );
  const call = async (method: string, params: object, instance = 'caller') => {
    const command = { command: method, args: [JSON.stringify(params)] };
    const { exit_code: failed, output } = await world.host.runCommand(instance, command, signal);
    return { failed: failed !== 0, answer: JSON.parse(output) as Record<string, unknown> };
  };
  return {
    ...world,
    call,
    leases,
    events,
    storeClock: store.clock,
    /** Calls, and gives the result, which fits the protocol's schema. */
    async result(method: string, params: object, instance?: string) {
      const { failed, answer } = await call(method, params, instance);
      assert.equal(failed, false, JSON.stringify(answer));
      const fits = schemas.validate({ $ref: `${messages.$id}#/definitions/${method}.result` }, answer);
      assert.ok(fits, `${method}: ${schemas.errorsText(schemas.errors)}`);
      return answer;
    },
    /** Calls, and gives code and message of the error. */
    async error(method: string, params: object) {
      const { failed, answer } = await call(method, params);
      assert.equal(failed, true, JSON.stringify(answer));
      return [answer['code'], answer['message']];
    },
  };
}
