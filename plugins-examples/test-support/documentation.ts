import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A block of code in a page that stands under a comment: `<!-- file: path -->` is a file, `<!-- walk: name -->` is typed on
 * a walk through the page, and `<!-- walk-file: name path -->` is written on it.
 */
export type Block = { kind: 'file' | 'walk' | 'walk-file'; walk: string; target: string; text: string };

/** All marked blocks of a Markdown page, in order. */
export function readBlocks(page: string): Block[] {
  const pattern = /<!-- (file|walk|walk-file): (\S+)(?: (\S+))? -->\n```\w+\n([\s\S]*?)```/g;
  return [...readFileSync(page, 'utf8').matchAll(pattern)].map(([, kind, first = '', second = '', text = '']) => ({
    kind: kind as Block['kind'],
    walk: kind === 'file' ? '' : first,
    target: kind === 'file' ? first : second,
    text,
  }));
}

/** A walk as one shell script: what is typed, and between it the files that are written, in the page's order. */
export function walkScript(blocks: Block[], walk: string): string {
  const steps = blocks
    .filter((block) => block.walk === walk)
    .map(({ kind, target, text }) =>
      kind === 'walk' ? text : `cat > "$START/${target}" <<'END-OF-FILE'\n${text}END-OF-FILE\n`,
    );
  return `START=$PWD\n${steps.join('')}`;
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
