import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainSpec, subscriptionTo } from '../../src/plugins/manifest/instance-spec.ts';
import { parseManifest } from '../../src/plugins/manifest/read-manifest.ts';

const specOf = (events: Record<string, object>) => {
  const exec = { command: './run' };
  const manifest = { name: 'p', version: '1.0.0', type: 'external', exec, capabilities: ['handle_event'], events };
  return plainSpec(parseManifest(JSON.stringify(manifest), 'plugin.json'), '/nonexistent');
};

test('who subscribes to custom has every custom.<name>, each as it is named by itself where it is', () => {
  const spec = specOf({ custom: { priority: 90, mode: 'observe' }, 'custom.backup': { priority: 10 } });
  const found = ['custom', 'custom.deploy', 'custom.backup', 'customs', 'system.cpu.high'].map((type) => {
    const { priority, mode } = subscriptionTo(type, spec, []) ?? {};
    return [priority, mode];
  });
  const none = [undefined, undefined];
  assert.deepEqual(found, [[90, 'observe'], [90, 'observe'], [10, 'handle'], none, none]);
});

test('what the configuration, or the plugin itself, says of custom holds for custom.<name> as well', () => {
  const spec = specOf({ 'custom.backup': {} });
  const over = { ...spec, eventOverrides: { custom: { priority: 7 }, 'custom.off': { enabled: false } } };
  assert.deepEqual(
    ['custom.backup', 'custom.deploy', 'custom.off'].map((type) => subscriptionTo(type, over, [])?.priority),
    [7, 7, undefined],
  );
  assert.equal(subscriptionTo('custom.x', specOf({}), ['custom'])?.priority, 50);
  assert.equal(subscriptionTo('custom.x', specOf({}), []), undefined);
});
