/** What a plugin asks the host, and how it takes the answers, held to the protocol's vectors. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AnswerVector, type HostVector, readVectors } from '../../test/vectors.ts';
import { createHost } from '../src/host.ts';
import { createLink } from '../src/link.ts';

type Sent = { id?: number; method: string; params: unknown };

describe('the SDK for TypeScript asks the host', () => {
  for (const { name, requirement, send, expect } of readVectors<HostVector>('host')) {
    it(`${requirement} ${name}`, async () => {
      const sent: Sent[] = [];
      const link = createLink((message) => sent.push(message as Sent));
      const asked = new Map<unknown, { id: number | undefined; cancel: AbortController; answer: Promise<unknown> }>();
      for (const { id, method, params = {} } of send) {
        if (method === '$/cancelRequest') asked.get(params['id'])?.cancel.abort();
        else if (id === undefined) link.tell(method, params);
        else {
          const cancel = new AbortController();
          const answer = link.ask(method, params, cancel.signal);
          answer.catch(() => {}); // it is looked at below
          asked.set(id, { id: sent.at(-1)?.id, cancel, answer });
        }
      }
      assert.deepEqual(
        sent,
        send.map(({ id, method, params = {} }) => ({
          jsonrpc: '2.0',
          ...(id !== undefined && { id: asked.get(id)?.id }),
          method,
          params: method === '$/cancelRequest' ? { id: asked.get(params['id'])?.id } : params,
        })),
      );
      assert.equal(new Set([...asked.values()].map(({ id }) => id)).size, asked.size);
      for (const { id, result, error } of expect) {
        const { id: own, answer, cancel } = asked.get(id) ?? assert.fail(`no ${id}`);
        link.take({ id: own ?? null, result, error });
        if (error === undefined) assert.deepEqual(await answer, result);
        else if (cancel.signal.aborted) await assert.rejects(answer, { name: 'AbortError' });
        else await assert.rejects(answer, { code: error.code });
      }
    });
  }
});

describe('the SDK for TypeScript understands an answer', () => {
  for (const { name, requirement, message, meaning } of readVectors<AnswerVector>('answers')) {
    it(`${requirement} ${name}`, async () => {
      const link = createLink(() => {});
      const answer = link.ask('Host.KV.Get', { key: 'a' });
      link.take(message);
      if ('result' in meaning) return assert.deepEqual(await answer, meaning.result);
      const { error, code = -32603 } = meaning;
      await assert.rejects(answer, { message: error, code });
    });
  }
});

describe('the host, over a link', () => {
  it('answers whoever asked, in any order, and drops what nobody asked', async () => {
    const sent: { id?: number; method: string; params: unknown }[] = [];
    const link = createLink((message) => sent.push(message as (typeof sent)[number]));
    const host = createHost(link);
    const first = host.kv.get('a');
    const second = host.kv.set('b', 2, { ttl_seconds: 9 });
    link.take({ id: 99, result: {} });
    link.take({ id: 2, result: { key: 'b', value: 2, revision: 1 } });
    link.take({ id: 1, error: { code: -32011, message: 'not found' } });
    link.take({ id: 1, result: 'twice' });
    assert.equal(await first, undefined);
    assert.equal((await second).revision, 1);
    assert.deepEqual(sent[1]?.params, { key: 'b', value: 2, ttl_seconds: 9 });
  });

  it('refuses at once what the host does not offer', async () => {
    const link = createLink(() => assert.fail('sent'));
    link.offer(['Host.KV.Get']);
    await assert.rejects(createHost(link).emitEvent({ type: 'custom' }), { code: -32001, message: /permissions.host/ });
    createHost(link).reportMetric('jobs', 1);
  });

  it('puts and gets a file in pieces', async () => {
    const data = Buffer.alloc(1024 * 1024 + 5, 'x');
    const pieces: Buffer[] = [];
    const host = createHost({
      tell() {},
      async ask(method, params) {
        const { data: chunk, offset } = params as { data: string; offset: number };
        if (method.endsWith('Put')) pieces.push(Buffer.from(chunk, 'base64'));
        const part = data.subarray(offset, offset + 512 * 1024).toString('base64');
        return { name: 'f', size: data.length, data: part };
      },
    });
    await host.files.put('f', data);
    assert.deepEqual(
      pieces.map(({ length }) => length),
      [524288, 524288, 5],
    );
    assert.ok(data.equals(await host.files.get('f')));
  });
});
