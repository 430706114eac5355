import { DESCRIPTION, LIMIT, type Plan, type Template } from './templates/template.ts';

/** The README of a new plugin: what it does, and what to type. */
export function readme({ name, handles }: Plan, template: Template): string {
  const manifestCommand = template.manifestCommand({ name, handles });
  const commands = [
    [template.testCommand({ name, handles }), 'its own tests'],
    ['snooze plugin test', 'everything that the protocol asks for'],
    ['snooze plugin dev', 'against this host, and again after each change'],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length));
  const events = handles.map((type) => `- \`${type}\`: nothing yet\n`).join('');
  const regenerate =
    manifestCommand === null
      ? 'A new setting goes into `config_schema` in `plugin.json`; the program finds it in `SNOOZE_CONFIG_…`.'
      : `\`plugin.json\` follows from the code. After a change of its name, settings or events:\n\n\`\`\`sh\n${manifestCommand}\n\`\`\``;
  const sdk =
    template.sdk === null
      ? ''
      : `\n\`${template.sdk.copy}/\` is CloudSnooze's SDK, so that the folder runs wherever it is put.\n`;
  return `# ${name}

${DESCRIPTION}

| setting | default | |
| --- | --- | --- |
| \`limit\` | ${LIMIT.default} | ${LIMIT.description} |
${events === '' ? '' : `\nIt handles:\n\n${events}`}
## Work on it

In this folder:

\`\`\`sh
${commands.map(([command, what]) => `${command.padEnd(width)}  # ${what}`).join('\n')}
\`\`\`

${regenerate}
${sdk}
## Use it

\`\`\`sh
snooze plugin install .
snooze plugin enable ${name}
snooze plugin configure ${name} limit=2
\`\`\`
`;
}
