import { aws } from './aws.ts';
import { local } from './local.ts';
import type { ProviderKind } from './provider.ts';

/** Every cloud, in the order in which they are looked for; `local` is what is left. */
export const PROVIDERS: readonly ProviderKind[] = [aws, local];
