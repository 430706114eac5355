import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { COMPILE_CACHE } from './compile-cache.ts';
import { answerXml, ec2Error, type FakeInstance, newInstance } from './fake-ec2-answers.ts';

export type Ec2Call = { action: string; params: Record<string, string> };

/** EC2's query API on loopback, with one instance in it. */
export type FakeEc2 = {
  url: string;
  /** Every request so far, repeats of the SDK included. */
  calls: Ec2Call[];
  /** What it knows of the instance; tests change it, StopInstances and CreateTags too. */
  instance: FakeInstance;
  /** The caller may not do this, with EC2's own message and status 403. */
  deny(action: string, code?: string): void;
  /** The action fails `times` times (default: for ever) with this status and error. */
  fail(action: string, failure: { status: number; code: string; message?: string; times?: number }): void;
  /** The action never answers. */
  hang(action: string): void;
  /** The action answers 200 with this body. */
  garble(action: string, body: string): void;
  /** Takes back every denial and failure. */
  heal(): void;
  close(): Promise<void>;
};

type Trouble =
  | { kind: 'fail'; status: number; code: string; message: string; left: number }
  | { kind: 'hang' }
  | { kind: 'garble'; body: string };

const BODY_LIMIT_BYTES = 1024 * 1024;

/** Starts it. Formats as in the Amazon EC2 API Reference, "Query requests" and "Error codes". */
export async function startFakeEc2(instance: Partial<FakeInstance> = {}): Promise<FakeEc2> {
  const state = newInstance(instance);
  const calls: Ec2Call[] = [];
  const troubles = new Map<string, Trouble>();

  const takeTrouble = (action: string) => {
    const trouble = troubles.get(action);
    if (trouble?.kind === 'fail') {
      trouble.left -= 1;
      if (trouble.left <= 0) troubles.delete(action);
    }
    return trouble;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const params = Object.fromEntries(new URLSearchParams(await bodyOf(request)));
    const action = params['Action'] ?? '';
    calls.push({ action, params });
    const trouble = takeTrouble(action);
    if (trouble?.kind === 'hang') return;
    if (trouble?.kind === 'garble') return send(response, { status: 200, body: trouble.body });
    if (trouble?.kind === 'fail') return send(response, ec2Error(trouble));
    if (request.headers.authorization === undefined) {
      const message = 'Request is missing Authentication Token';
      return send(response, ec2Error({ status: 403, code: 'MissingAuthenticationToken', message }));
    }
    send(response, answerXml(action, { params, instance: state }));
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    instance: state,
    deny(action, code = 'UnauthorizedOperation') {
      const message = `You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/host/${state.instanceId} is not authorized to perform: ec2:${action} because no identity-based policy allows the ec2:${action} action. Encoded authorization failure message: ${'aB3-'.repeat(100)}`;
      troubles.set(action, { kind: 'fail', status: 403, code, message, left: Number.POSITIVE_INFINITY });
    },
    fail(action, { status, code, message = 'It did not work', times = Number.POSITIVE_INFINITY }) {
      troubles.set(action, { kind: 'fail', status, code, message, left: times });
    },
    hang: (action) => void troubles.set(action, { kind: 'hang' }),
    garble: (action, body) => void troubles.set(action, { kind: 'garble', body }),
    heal: () => troubles.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a program needs in its environment to talk to this EC2 (and to no other). */
export function ec2Environment(ec2: FakeEc2): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    ...COMPILE_CACHE,
    AWS_ENDPOINT_URL_EC2: ec2.url,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_LIMIT_BYTES) throw new Error('too much');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status, body }: { status: number; body: string }): void {
  response.writeHead(status, {
    'Content-Type': 'text/xml;charset=UTF-8',
    'Content-Length': String(Buffer.byteLength(body)),
  });
  response.end(body);
}
