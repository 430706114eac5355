/** The schemas that the daemon judges plugins by are the published ones. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { systemClock } from '../../daemon/src/clock.ts';
import { createLeases } from '../../daemon/src/idle/leases.ts';
import { emitEventService } from '../../daemon/src/plugins/services/emit-event.ts';
import { fileServices } from '../../daemon/src/plugins/services/files.ts';
import { inhibitServices } from '../../daemon/src/plugins/services/inhibit.ts';
import { keyValueServices } from '../../daemon/src/plugins/services/key-value.ts';
import { createMetrics } from '../../daemon/src/plugins/services/report-metric.ts';
import { openForTest } from '../../daemon/test/store/open-for-test.ts';

const { definitions } = JSON.parse(
  readFileSync(new URL('../protocol/messages.schema.json', import.meta.url), 'utf8'),
) as { definitions: Record<string, object> };

describe('the params of what a plugin asks', () => {
  it('P-60 are published as the daemon judges them, to the last pattern', (test) => {
    const services = {
      ...createMetrics(systemClock).services,
      ...emitEventService(async () => '', systemClock),
      ...inhibitServices(createLeases(), systemClock),
      ...keyValueServices(openForTest(test).keyValue),
      ...fileServices(() => ''),
    };
    const judged = Object.entries(services).map(([method, { schema }]) => [method, rulesOf(schema)]);
    // Of a line for the log the daemon takes any level: better a line with a wrong one than none.
    const published = Object.entries(definitions).flatMap(([name, schema]) => {
      const [, method] = /^(Host\.(?!Log).*)\.params$/.exec(name) ?? [];
      return method === undefined ? [] : [[method, rulesOf(schema)]];
    });
    assert.deepEqual(Object.fromEntries(published), Object.fromEntries(judged));
  });
});

/** A schema without what is for people; a time is more than a pattern, and the daemon reads it. */
function rulesOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(rulesOf);
  if (typeof schema !== 'object' || schema === null) return schema;
  const rules = Object.entries(schema).filter(
    ([key, value]) => typeof value === 'object' || !['description', 'format'].includes(key),
  );
  return Object.fromEntries(
    rules.filter(([key, value]) => key !== 'required' || value.length > 0).map(([key, value]) => [key, rulesOf(value)]),
  );
}
