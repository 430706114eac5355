import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { requires } from '../../support/requires.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { SPOT_EVENT, shellPlugin, startHost } from '../plugin-host.ts';

const skip = requires('bwrap');
const MINUTE_MS = 60_000;

/** A plugin whose reason is what it sees of a path that it is granted; its time goes on as the test says. */
async function world(t: TestContext, path: string, look: string, permission: 'read' | 'write' = 'read') {
  const startedMs = systemClock.bootMs();
  let passedMs = 0;
  const clock = { ...systemClock, bootMs: () => startedMs + passedMs };
  const answer = `echo '{"id":'$id',"result":{"is_idle":true,"reason":"'"$(echo $(${look}))"'"}}'`;
  const plugin = shellPlugin('mine', answer, { permissions: { [permission]: [`\${config.path}`] } });
  const { host, history, check } = await startHost(t, [{ ...plugin, config: { path } }], { clock });
  return {
    pass(ms: number) {
      passedMs += ms;
    },
    restarts: () => host.list()[0]?.restarts,
    pid: () => host.list()[0]?.pid,
    check: async () => (await check())[0]?.reason,
    causes: () => history.flatMap(({ summary }) => /its sandbox is made anew: .*/.exec(summary) ?? []),
  };
}

for (const permission of ['read', 'write'] as const)
  test(`a folder that a plugin may ${permission} and that is made, or made anew, is seen in the next round`, {
    skip,
  }, async (t) => {
    const folder = join(temporaryDirectory(t), 'redis');
    const { check, pass, causes, pid, restarts } = await world(t, folder, `ls ${folder} 2>&-`, permission);
    assert.equal(await check(), 'mine gives no reason');
    mkdirSync(folder);
    mkdirSync(join(folder, 'first'));
    assert.equal(await check(), 'first');
    pass(MINUTE_MS);
    const before = pid();
    rmdirSync(join(folder, 'first'));
    rmdirSync(folder);
    await check();
    assert.equal(pid(), before, 'what is gone is no reason');
    mkdirSync(folder);
    mkdirSync(join(folder, 'second'));
    assert.equal(await check(), 'second');
    pass(MINUTE_MS);
    mkdirSync(join(folder, 'third'));
    assert.equal(await check(), 'second third');
    assert.deepEqual(causes(), [
      `its sandbox is made anew: ${folder} is there now`,
      `its sandbox is made anew: ${folder} is another one now`,
    ]);
    assert.equal(restarts(), 0);
  });

test('a file that is replaced before each round has its plugin started again ever less often', { skip }, async (t) => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, '');
  const { check, pass, causes } = await world(t, file, 'true');
  const startedAt: number[] = [];
  for (let second = 0; second < 16 * 60; second += 30) {
    writeFileSync(`${file}.new`, '');
    renameSync(`${file}.new`, file);
    const before = causes().length;
    assert.equal(await check(), 'mine gives no reason');
    if (causes().length > before) startedAt.push(second / 60);
    pass(30_000);
  }
  assert.deepEqual(startedAt, [0, 1, 3, 7, 15]);
});

test('a plugin whose path is made while it handles an event is started again after it', { skip }, async (t) => {
  const folder = join(temporaryDirectory(t), 'redis');
  const answers = `if [ "$method" = HandleEvent ]; then
    touch "$HOME/begun"
    until [ -e "$HOME/go" ]; do sleep 0.02; done
    echo '{"id":'$id',"result":{"handled":true}}'
  else echo '{"id":'$id',"result":{"is_idle":true,"reason":"'"$(ls -d ${folder} 2>&1)"'"}}'; fi`;
  const permissions = { read: [folder] };
  const manifest = { capabilities: ['check_idle', 'handle_event'], events: { [SPOT_EVENT.type]: {} }, permissions };
  const { host, directory, history, check } = await startHost(t, [shellPlugin('mine', answers, manifest)]);
  const file = (name: string) => join(directory, 'state', 'plugin-state', 'mine', name);
  const handled = host.handlers(SPOT_EVENT.type)[0]?.handle(SPOT_EVENT, 10_000, new AbortController().signal);
  await waitFor('the event', () => existsSync(file('begun')));
  mkdirSync(folder);
  const [during] = await check();
  assert.equal(during?.reason, 'it handles cloud.spot.interrupt');
  writeFileSync(file('go'), '');
  assert.partialDeepStrictEqual(await handled, { handled: true });
  assert.equal(
    history.some(({ summary }) => summary.includes('made anew')),
    false,
  );
  assert.equal((await check())[0]?.reason, folder);
});
