import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { findPythonSdk } from '../../daemon/src/plugins/process/python-sdk.ts';

export type Finding = { id: string; category: string; severity: string; title: string; suggestion: string };

/** What a function of a plugin's own, as `health.judge`, returns for each of these lists of arguments. */
export function callEach<Result>(directory: string, called: string, cases: unknown[][]): Result[] {
  const [module] = called.split('.');
  const program = `import json, sys, ${module}; print(json.dumps([${called}(*each) for each in json.load(sys.stdin)]))`;
  const { status, stdout, stderr } = spawnSync('python3', ['-Bc', program], {
    cwd: directory,
    env: { ...process.env, PYTHONPATH: findPythonSdk() },
    input: JSON.stringify(cases),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Result[];
}
