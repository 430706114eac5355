import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { QUIET, writePlugin } from '../../daemon/test/support/daemon-process.ts';
import { requires } from '../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../daemon/test/support/wait-for.ts';

const LAY_OUT = new URL('../../scripts/lay-out.ts', import.meta.url).pathname;
const EXAMPLES = new URL('../../plugins-examples/', import.meta.url).pathname;

const PYTHON = `from cloudsnooze_plugin import idle, plugin

@plugin("in-python", version="1.0.0")
def check():
    return idle("quiet")

check.run()
`;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) await once(child, 'exit');
}

/** What the packages install, in a folder; gives how a program of it is started there. */
function layOut(target: string): (name: string) => string[] {
  execFileSync(process.execPath, [LAY_OUT, target]);
  return (name) => {
    const launcher = readFileSync(join(target, 'usr/bin', name), 'utf8');
    const [, command = ''] = /^exec (.*) "\$@"$/m.exec(launcher) ?? [];
    return command.replaceAll('/usr/lib/', `${target}/usr/lib/`).split(' ');
  };
}

test('as they are packaged, daemon and CLI run plugins in shell, Python and TypeScript, and one in a thread, and write new ones', {
  skip: requires('python3'),
}, async (t) => {
  const directory = temporaryDirectory(t);
  const program = layOut(join(directory, 'root'));
  const socket = join(directory, 'socket');
  const config = join(directory, 'snooze.json');
  writeFileSync(config, JSON.stringify({ ...QUIET, action: 'none', plugins: { npm_registry: 'http://127.0.0.1:1' } }));
  const environment = { PATH: process.env['PATH'] ?? '', AWS_EC2_METADATA_DISABLED: 'true', SNOOZE_SOCKET: socket };
  const [node = '', ...flags] = program('snoozed');
  const daemon = spawn(node, [...flags, '--config', config, '--state-dir', directory], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  t.after(async () => {
    daemon.kill();
    await ended(daemon);
  });
  await waitFor('the socket', () => existsSync(socket));
  const [, ...cli] = program('snooze');
  const type = (...typed: string[]) => spawnSync(node, [...cli, ...typed], { env: environment, encoding: 'utf8' });
  const snooze = (...typed: string[]) => {
    const { status, stdout, stderr } = type(...typed);
    assert.equal(status, 0, `${typed.join(' ')}: ${stderr}`);
    return stdout;
  };
  const threaded = writePlugin(
    directory,
    { name: 'threaded', type: 'native', isolation: 'worker', module: 'plugin.ts' },
    {
      'plugin.ts': `const loaded = (process as { moduleLoadList?: string[] }).moduleLoadList ?? [];
      // Node's stripper of types would stay in the memory of each thread that has loaded it
      const reason = loaded.some((name) => name.includes('amaro')) ? 'heavy' : 'quiet';
      export const plugin = { checkIdle: (): object => ({ is_idle: true, reason }) };`,
    },
  );
  // without a copy of the SDK beside it
  const python = writePlugin(
    directory,
    { name: 'in-python', exec: { command: 'python3', args: ['run.py'] } },
    { 'run.py': PYTHON },
  );
  for (const language of ['python', 'go', 'typescript'])
    snooze('plugin', 'new', join(directory, `new-${language}`), '--language', language);
  const examples = ['ssh-guard', 'keep-awake-file'].map((name) => join(EXAMPLES, name));
  for (const plugin of [...examples, threaded, python]) {
    snooze('plugin', 'install', plugin, '--yes');
    assert.match(snooze('plugin', 'enable', basename(plugin)), /running · (idle|busy)/);
  }
  assert.match(snooze('plugin', 'test', threaded), /quiet/);
  assert.match(type('plugin', 'install', 'npm:nobody').stderr, /nobody: .*ECONNREFUSED/);
  assert.match(snooze('status'), /ssh-guard .*\n(.*\n)*.*keep-awake-file|keep-awake-file .*\n(.*\n)*.*ssh-guard/);
});
