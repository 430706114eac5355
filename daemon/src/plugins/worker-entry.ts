/** What runs in the thread of a native plugin with `"isolation": "worker"`: loads its module and serves it over a port. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { createSession } from '@cloudsnooze/plugin/session';
import { stderrLog } from '@cloudsnooze/plugin/stderr-log';
import { importPlugin } from './native-module.ts';

const { file, port } = workerData as { file: string; port: MessagePort };
const session = createSession(await importPlugin(file), {
  log: stderrLog(),
  send: (message) => port.postMessage(`${JSON.stringify(message)}\n`),
  onAnswered() {},
});
port.on('message', (text: string) => session.take(JSON.parse(text)));
