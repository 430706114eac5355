import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A block of code in a page that stands under a comment `<!-- file: path -->` or `<!-- run: folder -->`. */
export type Block = { kind: 'file' | 'run'; target: string; text: string };

/** All marked blocks of a Markdown page, in order. */
export function readBlocks(page: string): Block[] {
  const pattern = /<!-- (file|run): (\S+) -->\n```\w+\n([\s\S]*?)```/g;
  return [...readFileSync(page, 'utf8').matchAll(pattern)].map(([, kind, target = '', text = '']) => ({
    kind: kind === 'file' ? 'file' : 'run',
    target,
    text,
  }));
}

/** Writes the files of one plugin as the page has them; `replacements` keeps its fixed paths out of the real system. */
export function writeFiles(blocks: Block[], directory: string, replacements: Record<string, string>): void {
  for (const { target, text } of blocks.filter(({ kind }) => kind === 'file')) {
    const file = join(directory, target);
    mkdirSync(dirname(file), { recursive: true });
    const replaced = Object.entries(replacements).reduce((whole, [from, to]) => whole.replaceAll(from, to), text);
    writeFileSync(file, replaced);
  }
}
