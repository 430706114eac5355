/** Requirements that are not tried, and why. */
export type Elsewhere = { requirements: readonly string[]; why: string };

/** All those that no test of a plugin from outside can try. */
export const ELSEWHERE: readonly Elsewhere[] = [
  { requirements: ['P-01', 'P-02', 'P-03'], why: 'each exchange rests on it' },
  { requirements: ['P-04'], why: 'snoozed sends nothing so large; what the plugin sends is under P-34' },
  {
    requirements: ['P-05', 'P-20', 'P-21', 'P-22', 'P-23', 'P-50', 'P-52', 'P-61', 'P-63', 'P-64'],
    why: 'snoozed does it',
  },
  { requirements: ['P-35'], why: 'whatever it writes to its stderr is its log' },
  { requirements: ['P-40'], why: 'only the plugin knows which configuration is wrong' },
  { requirements: ['P-53'], why: 'it is an offer to people at a terminal' },
  { requirements: ['P-60', 'P-62'], why: 'what it asks of snoozed, and when, is its own affair' },
];
