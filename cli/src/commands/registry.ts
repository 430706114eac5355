import type { Command } from '../command.ts';

/** A command by the words that are typed; its file is loaded only when it is needed, so that the start stays quick. */
export type CommandEntry = { words: readonly [string] | readonly [string, string]; load: () => Promise<Command> };

/** What the nouns are about, for the help. */
export const NOUNS: Readonly<Record<string, string>> = {
  plugin: 'install, enable and look into plugins',
  events: 'what the cloud or a person has announced',
  config: 'read, change and check the configuration',
};

/** Every command, in the order in which the help shows them. */
export const COMMANDS: readonly CommandEntry[] = [
  { words: ['status'], load: async () => (await import('./status.ts')).status },
  { words: ['why'], load: async () => (await import('./why.ts')).why },
  { words: ['history'], load: async () => (await import('./history.ts')).history },
  { words: ['metrics'], load: async () => (await import('./metrics.ts')).metrics },
  { words: ['plugin', 'list'], load: async () => (await import('./plugin/list.ts')).pluginList },
  { words: ['plugin', 'info'], load: async () => (await import('./plugin/info.ts')).pluginInfo },
  { words: ['plugin', 'install'], load: async () => (await import('./plugin/install.ts')).pluginInstall },
  { words: ['plugin', 'update'], load: async () => (await import('./plugin/update.ts')).pluginUpdate },
  { words: ['plugin', 'update-all'], load: async () => (await import('./plugin/update-all.ts')).pluginUpdateAll },
  { words: ['plugin', 'rollback'], load: async () => (await import('./plugin/rollback.ts')).pluginRollback },
  { words: ['plugin', 'uninstall'], load: async () => (await import('./plugin/uninstall.ts')).pluginUninstall },
  { words: ['plugin', 'enable'], load: async () => (await import('./plugin/enable.ts')).pluginEnable },
  { words: ['plugin', 'disable'], load: async () => (await import('./plugin/disable.ts')).pluginDisable },
  { words: ['plugin', 'configure'], load: async () => (await import('./plugin/configure.ts')).pluginConfigure },
  { words: ['plugin', 'restart'], load: async () => (await import('./plugin/restart.ts')).pluginRestart },
  { words: ['plugin', 'search'], load: async () => (await import('./plugin/search.ts')).pluginSearch },
  { words: ['plugin', 'index'], load: async () => (await import('./plugin/index.ts')).pluginIndex },
  { words: ['plugin', 'validate'], load: async () => (await import('./plugin/validate.ts')).pluginValidate },
  { words: ['plugin', 'diagnose'], load: async () => (await import('./plugin/diagnose.ts')).pluginDiagnose },
  { words: ['plugin', 'run'], load: async () => (await import('./plugin/run.ts')).pluginRun },
  { words: ['plugin', 'logs'], load: async () => (await import('./plugin/logs.ts')).pluginLogs },
  { words: ['plugin', 'slowlog'], load: async () => (await import('./plugin/slowlog.ts')).pluginSlowlog },
  { words: ['events', 'list'], load: async () => (await import('./events/list.ts')).eventsList },
  { words: ['events', 'show'], load: async () => (await import('./events/show.ts')).eventsShow },
  { words: ['events', 'send'], load: async () => (await import('./events/send.ts')).eventsSend },
  { words: ['events', 'tail'], load: async () => (await import('./events/tail.ts')).eventsTail },
  { words: ['events', 'cancel'], load: async () => (await import('./events/cancel.ts')).eventsCancel },
  { words: ['events', 'ack'], load: async () => (await import('./events/ack.ts')).eventsAck },
  { words: ['events', 'rehearse'], load: async () => (await import('./events/rehearse.ts')).eventsRehearse },
  { words: ['handlers'], load: async () => (await import('./handlers.ts')).handlers },
  { words: ['config', 'show'], load: async () => (await import('./config/show.ts')).configShow },
  { words: ['config', 'get'], load: async () => (await import('./config/get.ts')).configGet },
  { words: ['config', 'set'], load: async () => (await import('./config/set.ts')).configSet },
  { words: ['config', 'validate'], load: async () => (await import('./config/validate.ts')).configValidate },
  { words: ['config', 'reload'], load: async () => (await import('./config/reload.ts')).configReload },
  { words: ['plugin', 'new'], load: async () => (await import('./plugin/new.ts')).pluginNew },
  { words: ['plugin', 'dev'], load: async () => (await import('./plugin/dev.ts')).pluginDev },
  { words: ['plugin', 'doctor'], load: async () => (await import('./plugin/doctor.ts')).pluginDoctor },
  { words: ['plugin', 'test'], load: async () => (await import('./plugin/test.ts')).pluginTest },
  { words: ['version'], load: async () => (await import('./version.ts')).version },
];
