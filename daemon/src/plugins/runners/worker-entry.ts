/** What runs in the thread of a native plugin with `"isolation": "worker"`: loads its module and serves it over a port. */
import { registerHooks } from 'node:module';
import { type MessagePort, workerData } from 'node:worker_threads';
import { createSession } from '@cloudsnooze/plugin/session';
import { stderrLog } from '@cloudsnooze/plugin/stderr-log';
import { importPlugin } from './native-module.ts';

type Given = { file: string; port: MessagePort; stripped: ReadonlyMap<string, string> };

const { file, port, stripped } = workerData as Given;
if (stripped.size > 0)
  registerHooks({
    load(url, context, next) {
      const source = stripped.get(url.replace(/\?.*$/, ''));
      return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
    },
  });
const session = createSession(await importPlugin(file), {
  log: stderrLog(),
  send: (message) => port.postMessage(`${JSON.stringify(message)}\n`),
  onAnswered() {},
});
// What only the start needed goes at once; it is there where the daemon runs with `--expose-gc`, as it is packaged.
globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
port.on('message', (text: string) => session.take(JSON.parse(text)));
