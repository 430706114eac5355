import type { Schema } from '../../config/validator.ts';
import type { KeyValue, Stored } from '../../store/store.ts';
import { type HostServices, paramsOf, refusal } from './service.ts';

const QUOTA = { keys: 1_000, bytes: 1024 * 1024 };
/** A watch stays open: a plugin with more of them could not be read any more. */
const MOST_WATCHES = 16;

const key: Schema = { type: 'string', minLength: 1, maxLength: 256 };
const revision: Schema = { type: 'integer', minimum: 0 };
const ttl: Schema = { type: 'number', exclusiveMinimum: 0, maximum: 10 * 366 * 86_400 };
const write = { key, value: {}, ttl_seconds: ttl };

type Expected = Parameters<KeyValue['write']>[2]['expected'];

/** `Host.KV.*`: small values of any JSON, kept for each instance by itself. */
export function keyValueServices(store: KeyValue): HostServices {
  const watches = new Map<string, Set<() => void>>();
  const watchesOf = (instance: string) => watches.getOrInsertComputed(instance, () => new Set());

  const put = (instance: string, params: Record<string, unknown>, expected: Expected): Stored => {
    const { key: name, value, ttl_seconds: seconds } = params as { key: string; value: unknown; ttl_seconds?: number };
    const ttlMs = seconds === undefined ? {} : { ttlMs: seconds * 1000 };
    const written = store.write(instance, name, { value, expected, quota: QUOTA, ...ttlMs });
    if (written.kind === 'full')
      throw refusal(
        'refused',
        `at most ${QUOTA.keys} keys and ${QUOTA.bytes} bytes of values are kept for an instance`,
      );
    if (written.kind === 'stale' && expected === null) throw refusal('exists', `there is a key ${name}`);
    if (written.kind === 'stale') throw stale(name, written.revision);
    for (const look of watchesOf(instance)) look();
    return { key: name, value, revision: written.revision };
  };
  const found = (instance: string, name: string): Stored => {
    const entry = store.get(instance, name);
    if (entry === undefined) throw refusal('notFound', `there is no key ${name}`);
    return entry;
  };

  return {
    'Host.KV.Get': {
      schema: paramsOf({ key }, ['key']),
      serve: (params, { instance }) => found(instance, String(params['key'])),
    },
    'Host.KV.Set': {
      schema: paramsOf(write, ['key', 'value']),
      serve: (params, { instance }) => put(instance, params, 'any'),
    },
    'Host.KV.Create': {
      schema: paramsOf(write, ['key', 'value']),
      serve: (params, { instance }) => put(instance, params, null),
    },
    'Host.KV.Update': {
      schema: paramsOf({ ...write, revision }, ['key', 'value', 'revision']),
      serve: (params, { instance }) => put(instance, params, Number(params['revision'])),
    },
    'Host.KV.Delete': {
      schema: paramsOf({ key, revision }, ['key']),
      serve({ key: name, revision: expected }, { instance }) {
        const entry = found(instance, String(name));
        if (expected !== undefined && expected !== entry.revision) throw stale(entry.key, entry.revision);
        store.remove(instance, entry.key);
        return {};
      },
    },
    'Host.KV.Keys': {
      schema: paramsOf({ prefix: { type: 'string', maxLength: 256 } }, []),
      serve: ({ prefix = '' }, { instance }) => ({ keys: store.keys(instance, String(prefix)) }),
    },
    'Host.KV.Watch': {
      schema: paramsOf({ key, revision }, ['key']),
      serve: ({ key: name, revision: seen = 0 }, { instance }, signal) =>
        new Promise<Stored>((resolve, reject) => {
          const open = watchesOf(instance);
          const end = () => {
            open.delete(look);
            signal.removeEventListener('abort', onAbort);
          };
          const onAbort = () => {
            end();
            reject(refusal('refused', 'nobody waits any more'));
          };
          const look = () => {
            const entry = store.get(instance, String(name));
            if (entry === undefined || entry.revision <= Number(seen)) return;
            end();
            resolve(entry);
          };
          if (open.size >= MOST_WATCHES) throw refusal('refused', `at most ${MOST_WATCHES} keys are watched at a time`);
          open.add(look);
          signal.addEventListener('abort', onAbort, { once: true });
          // who does not wait any more, or cannot, is told nothing later
          if (signal.aborted) onAbort();
          else look();
        }),
    },
  };
}

function stale(name: string, revision: number | null): Error {
  return refusal('revisionMismatch', `${name} is at revision ${revision ?? 0}`);
}
