import type { HostLink } from './link.ts';
import { ERROR_CODES } from './protocol.ts';

/** A value that the daemon keeps, and the number that grows with each change of it. */
export type Entry = { key: string; value: unknown; revision: number };

/** What is told of a file that the daemon keeps. `modified` is RFC 3339 UTC. */
export type FileInfo = { name: string; size: number; sha256: string; modified: string };

/** What the daemon does for a plugin; each needs its method in the manifest's `permissions.host`. */
export type Host = {
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>): void;
  /** A number that then stands in /metrics. */
  reportMetric(name: string, value: number, labels?: Record<string, string>): void;
  /** Sends an event of the type `custom` or `custom.<name>`; gives its id. */
  emitEvent(event: { type: string; severity?: number; data?: object; deadline?: string | null }): Promise<string>;
  /** Keeps the host awake until `release`, and that long at most. */
  inhibit(reason: string, ttlSeconds: number): Promise<{ release(): Promise<void> }>;
  /** Small values. `ttl_seconds`: it is gone after that. A stale revision is refused with the code -32010. */
  kv: {
    get(key: string): Promise<Entry | undefined>;
    set(key: string, value: unknown, more?: { ttl_seconds?: number }): Promise<Entry>;
    create(key: string, value: unknown, more?: { ttl_seconds?: number }): Promise<Entry>;
    update(key: string, value: unknown, more: { revision: number; ttl_seconds?: number }): Promise<Entry>;
    delete(key: string, more?: { revision?: number }): Promise<void>;
    keys(prefix?: string): Promise<string[]>;
    /** The entry once its revision is higher than this, which may take for ever; `signal` ends it. */
    watch(key: string, revision: number, signal?: AbortSignal): Promise<Entry>;
  };
  /** Whole files. */
  files: {
    put(name: string, data: Uint8Array): Promise<FileInfo>;
    get(name: string): Promise<Uint8Array>;
    list(prefix?: string): Promise<FileInfo[]>;
    stat(name: string): Promise<FileInfo | undefined>;
    delete(name: string): Promise<void>;
  };
};

/** A file goes in pieces of this size at most. */
const CHUNK_BYTES = 512 * 1024;

/** The host's methods over a link. */
export function createHost({ ask, tell }: HostLink): Host {
  const entry = async (method: string, params: object, signal?: AbortSignal) =>
    (await ask(`Host.KV.${method}`, params, signal)) as Entry;
  return {
    log: (level, message, fields = {}) => tell('Host.Log', { level, message, fields }),
    reportMetric: (name, value, labels = {}) => tell('Host.ReportMetric', { name, value, labels }),
    emitEvent: async (event) => ((await ask('Host.EmitEvent', event)) as { id: string }).id,
    async inhibit(reason, ttlSeconds) {
      const { inhibitor } = (await ask('Host.Inhibit', { reason, ttl_seconds: ttlSeconds })) as { inhibitor: string };
      // One that has run out is released already.
      return { release: async () => void (await unlessMissing(ask('Host.Release', { inhibitor }))) };
    },
    kv: {
      get: (key) => unlessMissing(entry('Get', { key })),
      set: (key, value, more) => entry('Set', { key, value, ...more }),
      create: (key, value, more) => entry('Create', { key, value, ...more }),
      update: (key, value, more) => entry('Update', { key, value, ...more }),
      delete: async (key, more) => void (await ask('Host.KV.Delete', { key, ...more })),
      keys: async (prefix = '') => ((await ask('Host.KV.Keys', { prefix })) as { keys: string[] }).keys,
      watch: (key, revision, signal) => entry('Watch', { key, revision }, signal),
    },
    files: {
      async put(name, data) {
        let told: unknown;
        for (let offset = 0; offset === 0 || offset < data.length; offset += CHUNK_BYTES) {
          const chunk = Buffer.from(data.subarray(offset, offset + CHUNK_BYTES)).toString('base64');
          told = await ask('Host.Files.Put', { name, data: chunk, offset });
        }
        return told as FileInfo;
      },
      async get(name) {
        const chunks: Buffer[] = [];
        for (let offset = 0; ; ) {
          const params = { name, offset, length: CHUNK_BYTES };
          const told = (await ask('Host.Files.Get', params)) as FileInfo & { data: string };
          const chunk = Buffer.from(told.data, 'base64');
          chunks.push(chunk);
          offset += chunk.length;
          if (chunk.length === 0 || offset >= told.size) return Buffer.concat(chunks);
        }
      },
      list: async (prefix = '') => ((await ask('Host.Files.List', { prefix })) as { files: FileInfo[] }).files,
      stat: (name) => unlessMissing(ask('Host.Files.Stat', { name }) as Promise<FileInfo>),
      delete: async (name) => void (await ask('Host.Files.Delete', { name })),
    },
  };
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === ERROR_CODES.notFound) return undefined;
    throw error;
  }
}
