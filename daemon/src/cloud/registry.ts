import { aws } from './aws.ts';
import { azure } from './azure.ts';
import { gcp } from './gcp.ts';
import { local } from './local.ts';
import type { ProviderKind } from './provider.ts';

/** Every cloud, in the order in which they are looked for; `local` is what is left. */
export const PROVIDERS: readonly ProviderKind[] = [aws, azure, gcp, local];
