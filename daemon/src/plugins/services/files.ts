import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Schema } from '../../config/validator.ts';
import { systemCodeOf } from '../../errors.ts';
import { createFileTeller, type FileFacts, type FileTeller } from './file-facts.ts';
import { type HostServices, paramsOf, refusal } from './service.ts';

const LARGEST_CHUNK_BYTES = 512 * 1024;
const QUOTA = { files: 200, bytes: 64 * 1024 * 1024 };

const name: Schema = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$',
  description: 'letters, digits, dots, hyphens and underscores, at most 128',
};
const offset: Schema = { type: 'integer', minimum: 0 };

/**
 * `Host.Files.*`: files in a folder for each instance that the plugin itself cannot reach, so that no link it makes
 * leads anywhere. `folderOf` names it.
 */
export function fileServices(folderOf: (instance: string) => string): HostServices {
  /** One after the other for each instance: a quota must not be overtaken. */
  const queues = new Map<string, Promise<unknown>>();
  const teller = createFileTeller();
  const factsOf = (folder: string, file: string) => teller.facts(join(folder, file), file);
  const inTurn = <T>(instance: string, act: (folder: string) => Promise<T>): Promise<T> => {
    const run = () => act(folderOf(instance));
    const result = (queues.get(instance) ?? Promise.resolve()).then(run, run);
    queues.set(instance, result);
    return result;
  };

  return {
    'Host.Files.Put': {
      schema: paramsOf({ name, offset, data: { type: 'string' } }, ['name', 'data']),
      serve: ({ name: file, offset: at = 0, data }, { instance }) =>
        inTurn(instance, (folder) => put(folder, String(file), { at: Number(at), base64: String(data), teller })),
    },
    'Host.Files.Get': {
      schema: paramsOf({ name, offset, length: { type: 'integer', minimum: 1 } }, ['name']),
      serve: ({ name: file, offset: at = 0, length = LARGEST_CHUNK_BYTES }, { instance }) =>
        inTurn(instance, async (folder) => {
          const facts = await factsOf(folder, String(file));
          const bytes = await read(join(folder, String(file)), Number(at), Number(length));
          return { ...facts, data: bytes.toString('base64') };
        }),
    },
    'Host.Files.List': {
      schema: paramsOf({ prefix: { type: 'string' } }, []),
      serve: ({ prefix = '' }, { instance }) =>
        inTurn(instance, async (folder) => {
          const names = (await namesIn(folder)).filter((each) => each.startsWith(String(prefix)));
          return { files: await Promise.all(names.map((each) => factsOf(folder, each))) };
        }),
    },
    'Host.Files.Stat': {
      schema: paramsOf({ name }, ['name']),
      serve: ({ name: file }, { instance }) => inTurn(instance, (folder) => factsOf(folder, String(file))),
    },
    'Host.Files.Delete': {
      schema: paramsOf({ name }, ['name']),
      serve: ({ name: file }, { instance }) =>
        inTurn(instance, async (folder) => {
          await factsOf(folder, String(file));
          const path = join(folder, String(file));
          await rm(path);
          teller.forget(path);
          return {};
        }),
    },
  };
}

async function put(
  folder: string,
  file: string,
  { at, base64, teller }: { at: number; base64: string; teller: FileTeller },
): Promise<FileFacts> {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > LARGEST_CHUNK_BYTES)
    throw refusal('invalidParams', `data: at most ${LARGEST_CHUNK_BYTES} bytes at a time, found ${bytes.length}`);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const sizes = new Map<string, number>();
  for (const each of await namesIn(folder)) sizes.set(each, (await stat(join(folder, each))).size);
  const size = sizes.get(file) ?? 0;
  if (at > 0 && at !== size) throw refusal('invalidParams', `offset: ${file} has ${size} bytes, expected 0 or ${size}`);
  sizes.set(file, at + bytes.length);
  const all = [...sizes.values()].reduce((sum, each) => sum + each, 0);
  if (sizes.size > QUOTA.files || all > QUOTA.bytes)
    throw refusal('refused', `at most ${QUOTA.files} files and ${QUOTA.bytes} bytes are kept for an instance`);
  const path = join(folder, file);
  const handle = await open(path, at === 0 ? 'w' : 'a', 0o640);
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await teller.wrote(path, at, bytes);
  return await teller.facts(path, file);
}

async function read(path: string, at: number, length: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(length, LARGEST_CHUNK_BYTES));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
