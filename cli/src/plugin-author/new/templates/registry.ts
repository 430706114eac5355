import { go } from './go.ts';
import { python } from './python.ts';
import { shell } from './shell.ts';
import type { Template } from './template.ts';
import { typescript } from './typescript.ts';

/** Every language, in the order in which people see them. */
export const TEMPLATES: readonly Template[] = [python, go, typescript, shell];
