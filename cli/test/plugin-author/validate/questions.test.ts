import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { HOST_METHODS } from '../../../src/plugin-author/validate/host-methods.ts';
import { FILES, validate, WHOLE } from '../../support/author.ts';

describe('snooze plugin validate', () => {
  it('asks what a reviewer would ask, and is content', async (test) => {
    const { code, lines } = await validate(
      test,
      {
        license: undefined,
        timeouts: undefined,
        permissions: {
          network: ['*'],
          read: [`$\{config.limits}`, `$\{config.limit}`, '/srv/unused', '/etc/passwd'],
          write: ['/etc'],
          env: ['PGPASSWORD', 'EDITOR'],
          host: ['Host.EmitEvent', 'Host.KV.*', 'Host.Inhibit', 'Host.Kv', 'Host.Files'],
        },
        events: { 'cloud.spot.interupt': {} },
        capabilities: ['check_idle'],
        config_schema: { properties: { limit: { type: 'integer' } } },
      },
      { 'run.sh': 'echo "$EDITOR"; cat /etc/passwd; inhibit' },
    );
    assert.equal(code, 0);
    assert.deepEqual(
      lines
        .filter((line) => line.startsWith('question'))
        .map((line) => line.replace(/^question: plugin\.json:\d+:\d+: /, '')),
      [
        'license: under which license may it be used?',
        'there is no README that says what it is for',
        'timeouts: how long may a check take? (5 s where nothing is said)',
        'permissions.network: what is the network for? No file of the plugin seems to use it',
        'permissions.network.0: why does it need the whole network (*)?',
        'permissions.read.0: there is no setting limits, so this grants nothing',
        'permissions.read.2: what is /srv/unused for? No file of the plugin mentions it',
        'permissions.write.0: why may it write to /etc?',
        'permissions.env.0: what is PGPASSWORD for? No file of the plugin mentions it',
        'permissions.host.0: what is Host.EmitEvent for? No file of the plugin mentions it',
        'permissions.host.1: what is Host.KV.* for? No file of the plugin mentions it',
        'permissions.host.3: snoozed has no method Host.Kv, so this grants nothing',
        'permissions.host.4: snoozed has no method Host.Files, so this grants nothing',
        'events.cloud.spot.interupt: nothing sends events of this type',
        'capabilities: it subscribes to events and does not say that it handles them',
        'config_schema.properties.limit: what is the setting limit for?',
      ],
    );
    for (const meant of ['cloud.spot.interrupt?', 'Host.Files.*?'])
      assert.ok(lines.includes(`    did you mean ${meant}`), meant);
    assert.equal(lines.at(-2), 'ok: mine 1.0.0: 16 questions that a reviewer would ask');
  });

  it('knows every method of the host that the protocol has', () => {
    const file = new URL('../../../../plugin-sdk/protocol/messages.schema.json', import.meta.url);
    const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as { definitions: object };
    const names = Object.keys(definitions).flatMap((name) => /^(Host\..*)\.params$/.exec(name)?.[1] ?? []);
    assert.deepEqual(HOST_METHODS.toSorted(), names.toSorted());
  });

  it('asks about what the sandbox hides from the program, which would find nothing there and say idle', async (test) => {
    const config_schema = { folder: { type: 'string', default: '/srv/jobs', description: 'x' } };
    const files = { ...FILES, 'run.sh': 'pgrep ffmpeg; [ -e /run/training.pid ]; ls /srv/jobs /var/log/mine' };
    const asked = async (permissions: object) =>
      (await validate(test, { ...WHOLE, config_schema, permissions }, files)).lines.flatMap(
        (line) => /permissions\.read: (does it look at .*)/.exec(line)?.[1] ?? [],
      );
    assert.deepEqual(await asked({}), [
      'does it look at /run/training.pid? Without a permission it finds nothing there',
      'does it look at /srv/jobs? Without a permission it finds nothing there',
      'does it look at /var/log/mine? Without a permission it finds nothing there',
      'does it look at processes? Without a permission it sees none but its own',
    ]);
    assert.deepEqual(await asked({ read: ['/proc', '/run', `$\{config.folder}`], write: ['/var/log/mine'] }), []);
  });
});
