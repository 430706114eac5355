import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { COMPILE_CACHE } from './compile-cache.ts';

type Stored = { id: string; body: string; handle: string; hiddenUntilMs: number };
export type QueueCall = { operation: string; input: Record<string, string>; region: string | undefined };

/** SQS (AWS JSON 1.0) and Auto Scaling (Query) as far as a host with a queue needs them, on loopback. */
export async function startFakeQueue(t: TestContext) {
  let stored: Stored[] = [];
  const calls: QueueCall[] = [];
  const failing = new Map<string, { status: number; code: string }>();
  /** Answers an empty receive only when there is something, as a long poll does. */
  const receive = async (input: Record<string, unknown>, request: IncomingMessage) => {
    const endMs = Date.now() + Number(input['WaitTimeSeconds'] ?? 0) * 1000;
    for (;;) {
      if (request.socket.destroyed) return {}; // what it would take would be lost for the next
      const found = stored.filter(({ hiddenUntilMs }) => hiddenUntilMs <= Date.now()).slice(0, 10);
      if (found.length > 0 || Date.now() > endMs) {
        for (const one of found) {
          one.handle = randomUUID();
          one.hiddenUntilMs = Date.now() + Number(input['VisibilityTimeout']) * 1000;
        }
        return { Messages: found.map(messageOf) };
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const answer = async (operation: string, input: Record<string, unknown>, request: IncomingMessage) => {
    if (operation === 'ReceiveMessage') return receive(input, request);
    if (operation === 'DeleteMessage') stored = stored.filter(({ handle }) => handle !== input['ReceiptHandle']);
    const changed = stored.find(({ handle }) => handle === input['ReceiptHandle']);
    if (operation === 'ChangeMessageVisibility' && changed)
      changed.hiddenUntilMs = Date.now() + Number(input['VisibilityTimeout']) * 1000;
    return {};
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const target = String(request.headers['x-amz-target'] ?? '');
    const isSqs = target.startsWith('AmazonSQS.');
    const form = Object.fromEntries(new URLSearchParams(text));
    const operation = isSqs ? target.slice('AmazonSQS.'.length) : (form['Action'] ?? '');
    const input = isSqs ? JSON.parse(text) : form;
    // AWS4-HMAC-SHA256 Credential=KEY/DAY/REGION/SERVICE/aws4_request, …
    const region = request.headers.authorization?.split('/')[2];
    calls.push({ operation, input, region });
    const fault = failing.get(operation);
    if (fault !== undefined) {
      const { status, code } = fault;
      const body = isSqs
        ? JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: 'no' })
        : `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;
      return void response.writeHead(status, { 'x-amzn-query-error': `${code};Sender` }).end(body);
    }
    const result = await answer(operation, input, request);
    response.writeHead(200, { 'Content-Type': isSqs ? 'application/x-amz-json-1.0' : 'text/xml' });
    response.end(isSqs ? JSON.stringify(result) : `<${operation}Response><${operation}Result/></${operation}Response>`);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    stored = [];
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    queueUrl: `${url}/123456789012/cloudsnooze`,
    environment: {
      PATH: process.env['PATH'] ?? '',
      ...COMPILE_CACHE,
      AWS_ENDPOINT_URL_SQS: url,
      AWS_ENDPOINT_URL_AUTO_SCALING: url,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nonexistent',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      AWS_MAX_ATTEMPTS: '1',
    },
    calls,
    called: (operation: string) => calls.filter((call) => call.operation === operation).map(({ input }) => input),
    /** What is in the queue, hidden or not. */
    bodies: () => stored.map(({ body }) => body),
    put(body: string | object) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      stored.push({ id: randomUUID(), body: text, handle: '', hiddenUntilMs: 0 });
    },
    /** Every hidden message is seen again, as after its time. */
    show() {
      for (const one of stored) one.hiddenUntilMs = 0;
    },
    fail(operation: string, fault: { status: number; code: string } | null) {
      if (fault === null) failing.delete(operation);
      else failing.set(operation, fault);
    },
  };
}

function messageOf({ id, body, handle }: Stored) {
  const MD5OfBody = createHash('md5').update(body).digest('hex');
  return { MessageId: id, ReceiptHandle: handle, Body: body, MD5OfBody };
}
