import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** What the sources of a cloud name, each once. */
function named(folder: string, pattern: RegExp): string[] {
  const texts = readdirSync(new URL(folder, root)).map((file) => read(`${folder}/${file}`));
  return [...new Set(texts.flatMap((text) => text.match(pattern) ?? []))].toSorted();
}

test('Google’s role has exactly the permissions whose denial is told', () => {
  const role = read('packaging/gcp/role.yaml');
  const allowed = [...role.matchAll(/^ *- (.+)$/gm)].map(([, permission]) => permission);
  assert.deepEqual(allowed.toSorted(), named('daemon/src/cloud/gcp', /compute\.instances\.\w+/g));
});

test('Azure’s role has exactly the permissions whose denial is told, and a scale set’s', () => {
  const role = JSON.parse(read('packaging/azure/role.json')) as { Actions: string[] };
  const set = 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/deallocate/action';
  const told = named('daemon/src/cloud/azure', /Microsoft\.\w+\/[\w/]+\/(action|read|write)/g);
  assert.deepEqual(role.Actions.toSorted(), [...told, set].toSorted());
});
