import { describe, it } from 'node:test';
import { configTable } from '../../src/render/config.ts';
import { historyTable } from '../../src/render/history.ts';
import { assertGolden, PIPE } from '../support/golden.ts';
import { NOW_MS } from '../support/samples.ts';

const frame = { width: 80, style: PIPE, nowMs: NOW_MS };

describe('the configuration', () => {
  it('is a table of every key, its value and where that comes from', () => {
    const config = {
      naptime_minutes: 20,
      aws_region: '',
      gpu_threshold_percent: null,
      logging: { level: 'debug', format: 'auto' },
      monitors: {},
      plugins: { plugin_configs: { redis: { enabled: true, ports: [6379, 6380] } } },
    };
    const origins = {
      naptime_minutes: 'file',
      'logging.level': 'environment',
      'plugins.plugin_configs.redis.enabled': 'file',
    };
    assertGolden('config-show', configTable({ config, origins, file: '/etc/cloudsnooze/snooze.json' }, frame));
  });
});

describe('the history', () => {
  it('is a table: when, what kind, because of whom, what', () => {
    const entry = (id: number, kind: 'snooze' | 'snooze-failed', summary: string) => ({
      id,
      at: `2026-11-20T14:0${id}:00.000Z`,
      kind,
      cause: 'idle policy',
      summary,
      details: {},
    });
    assertGolden(
      'history',
      historyTable(
        [
          entry(2, 'snooze', 'stopped i-0abc'),
          entry(1, 'snooze-failed', 'StopInstances was denied: the role has no policy that allows ec2:StopInstances'),
        ],
        frame,
      ),
    );
  });
});
