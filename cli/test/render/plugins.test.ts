import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { installedLine, packageLines } from '../../src/render/installed.ts';
import { pluginDetails } from '../../src/render/plugin-details.ts';
import { permissionsOf, pluginList, pluginPage, whatItRuns } from '../../src/render/plugins.ts';
import { slowCalls } from '../../src/render/slow-calls.ts';
import { assertGolden, MONOCHROME, PIPE } from '../support/golden.ts';
import {
  NOW,
  NOW_MS,
  SAMPLE_INSTALLED,
  SAMPLE_MANIFEST,
  SAMPLE_SANDBOX,
  samplePackage,
  samplePlugin,
} from '../support/samples.ts';

describe('the list of plugins', () => {
  it('tells the state of each in a word, and what is wrong with it', () => {
    const plugins = [
      samplePlugin({ instance: 'broken', state: 'failed', last_error: 'exited with code 3' }),
      samplePlugin({ instance: 'slow', degraded: 'replication is late' }),
      samplePlugin({ instance: 'alpha', plugin: 'redis-monitor' }),
      samplePlugin({ instance: 'zebra' }),
      samplePlugin({ instance: 'off', state: 'disabled', enabled: false, verdict: null, reason: null, took_ms: null }),
    ];
    assertGolden('plugin-list', pluginList(plugins, { width: 80, style: PIPE }));
  });
});

describe('the page of a plugin', () => {
  it('tells what it is, may do and has done', () => {
    const summary = samplePlugin({ restarts: 2, timeouts: 1, last_error: 'no answer within 5 s' });
    assertGolden(
      'plugin-page',
      pluginPage(
        {
          summary,
          manifest: SAMPLE_MANIFEST,
          config: { connection_threshold: 5 },
          sandbox: SAMPLE_SANDBOX,
          installed: SAMPLE_INSTALLED,
        },
        { style: PIPE, nowMs: NOW_MS },
      ),
    );
  });
});

describe('the page of a failed plugin', () => {
  it('says once why it failed, and when it is tried again', () => {
    const error = 'sh p.sh ended with exit code 3; it said last: no database';
    const failed = samplePlugin({
      state: 'failed',
      cause: error,
      last_error: error,
      since: NOW,
      next_try: NOW,
      pid: null,
    });
    const lines = pluginPage(
      { summary: failed, manifest: SAMPLE_MANIFEST, config: {}, sandbox: SAMPLE_SANDBOX, installed: null },
      { style: PIPE, nowMs: NOW_MS },
    );
    assert.equal(lines.filter((line) => line.includes(error)).length, 1);
    assert.ok(lines.some((line) => /next try +14:19:20, or now: snooze plugin restart redis-monitor/.test(line)));
    assert.equal(
      lines.some((line) => line.includes('2 clients')),
      false,
    );
  });
});

describe('the page of a plugin without a process', () => {
  const exec = { command: './run.sh' };
  const PAGES: [what: string, manifest: object, told: RegExp][] = [
    ['exec', { process_model: 'exec', exec }, /^memory, CPU +it has no process of its own between calls$/],
    [
      'worker',
      { type: 'native', isolation: 'worker' },
      /^memory, CPU +counted with snoozed: it runs in a thread of it$/,
    ],
  ];
  for (const [what, manifest, told] of PAGES)
    it(`says where the memory and CPU of one of type ${what} go`, () => {
      const page = pluginPage(
        {
          summary: samplePlugin({ pid: null }),
          manifest: { ...SAMPLE_MANIFEST, ...manifest },
          config: {},
          sandbox: SAMPLE_SANDBOX,
          installed: null,
        },
        { style: PIPE, nowMs: NOW_MS },
      );
      assert.equal(page.filter((line) => told.test(line.trim())).length, 1, page.join('\n'));
    });
});

describe('the page of a plugin that runs and is in trouble', () => {
  const page = (cause: string) =>
    pluginPage(
      {
        summary: samplePlugin({ cause, degraded: 'the manifest is wrong', since: NOW }),
        manifest: SAMPLE_MANIFEST,
        config: {},
        sandbox: SAMPLE_SANDBOX,
        installed: null,
      },
      { style: PIPE, nowMs: NOW_MS },
    ).filter((line) => line.includes('the manifest is wrong'));

  it('says once why', () => {
    assert.deepEqual(page('it is ready').length, 1);
    assert.deepEqual(page('the manifest is wrong').length, 1);
  });
});

describe('what a plugin costs', () => {
  it('is told by method, with memory, traffic and its own numbers', () => {
    const details = {
      statistics: {
        restarts: 0,
        bytes_to_plugin: 512,
        bytes_from_plugin: 20_480,
        faults: { junk: 12, 'late-answer': 1 },
        methods: {
          Initialize: { calls: 1, errors: 0, timeouts: 0, p50_ms: 31, p99_ms: 31, max_ms: 31 },
          CheckIdle: { calls: 1200, errors: 3, timeouts: 1, p50_ms: 0.4, p99_ms: 12.5, max_ms: 5000 },
        },
      },
      usage: { processes: 2, rss_bytes: 12_582_912, cpu_seconds: 1.25 },
      metrics: [{ name: 'clients', labels: { db: '0' }, value: 4, at: NOW }],
      reported: null,
    };
    assertGolden('plugin-details', pluginDetails(details, { width: 80, style: PIPE }));
  });
});

describe('slow calls', () => {
  it('are shown slowest first, with what they were about', () => {
    const call = {
      at: NOW,
      instance: 'redis-monitor',
      method: 'HandleEvent',
      about: 'cloud.spot.interrupt',
      took_ms: 1234.5,
      error: 'x',
    };
    const calls = [call, { ...call, method: 'CheckIdle', about: null, took_ms: 120, error: null }];
    assertGolden('slow-calls', slowCalls({ threshold_ms: 100, calls }, { width: 100, style: PIPE }));
    assert.deepEqual(slowCalls({ threshold_ms: 100, calls: [] }, { width: 80, style: PIPE }), [
      'no call took 100 ms or longer',
    ]);
  });
});

describe('what a plugin runs', () => {
  it('is quoted as a shell would want it', () =>
    assert.equal(whatItRuns(SAMPLE_MANIFEST), "python3 redis_monitor.py --name 'my redis'"));
  it('names the module of a native one, and the build of a compiled one', () => {
    assert.equal(
      whatItRuns({ name: 'n', version: '1.0.0', type: 'native', module: 'main.ts' }),
      'main.ts, inside of snoozed',
    );
    const compiled = { ...SAMPLE_MANIFEST, exec: { command: './watch' }, build: { command: 'go', args: ['build'] } };
    assert.equal(whatItRuns(compiled), './watch (built by: go build, with the network)');
  });
});

describe('permissions', () => {
  it('are those that are asked for', () =>
    assert.equal(permissionsOf(SAMPLE_MANIFEST), 'network 127.0.0.1:6379 · host Host.Log, Host.Inhibit'));
  it('may be none', () => {
    const { permissions: _, ...modest } = SAMPLE_MANIFEST;
    assert.equal(permissionsOf(modest), 'nothing');
  });
});

describe('a package', () => {
  it('is introduced with what it runs and what it may do, and whether that is enforced', () => {
    assertGolden(
      'plugin-package',
      packageLines(
        samplePackage({
          signed_by: '19B70BB5517F2373',
          signature: 'by the trusted key 19B70BB5517F2373: redis-monitor 1.0.0',
        }),
        MONOCHROME,
      ),
    );
  });

  it('is warned of where it asks for more than the version before, and cannot draw on the screen', () => {
    const manifest = { ...SAMPLE_MANIFEST, author: 'Eve \u001b[2K\nsource  https://good.example' };
    const asked = samplePackage({ manifest, replaces: '0.9.0', added: ['network *:22', 'host Host.Inhibit'] });
    assertGolden('plugin-package-more', packageLines(asked, PIPE));
  });
});

describe('an installed plugin', () => {
  const installed = {
    manifest: SAMPLE_MANIFEST,
    directory: '/var/lib/x/plugins/redis-monitor',
    replaced: '0.9.0',
    hidden_by: null,
  };

  it('is told with what to type next', () => {
    assert.equal(
      installedLine({ ...installed, enabled: false }, PIPE),
      'installed in /var/lib/x/plugins/redis-monitor (disabled); next: snooze plugin enable redis-monitor',
    );
  });

  it('says where another one of its name hides it', () => {
    const hidden = { ...installed, enabled: true, hidden_by: '/home/ada/redis-monitor' };
    assert.equal(
      installedLine(hidden, PIPE),
      'installed in /var/lib/x/plugins/redis-monitor, but /home/ada/redis-monitor is found before it and used instead',
    );
  });

  it('that was enabled before runs at once', () => {
    assert.equal(
      installedLine({ ...installed, enabled: true }, PIPE),
      'installed: redis-monitor 1.0.0 runs, in the place of 0.9.0',
    );
  });
});
