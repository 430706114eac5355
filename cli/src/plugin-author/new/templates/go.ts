import { DESCRIPTION, defineTemplate, LIMIT, LIMITS, type Plan, VERSION } from './template.ts';

const COPY = 'cloudsnooze';

/** One function; the SDK lies beside it as a module of its own, so that nothing is downloaded to build it. */
export const go = defineTemplate({
  language: 'go',
  files: (plan) => ({
    'go.mod': module(plan),
    'main.go': program(plan),
    'main_test.go': test(),
  }),
  manifest: ({ name }) => ({
    type: 'external',
    language: 'go',
    exec: { command: `./${name}` },
    build: { command: 'go', args: ['build', '-trimpath', '-o', name, '.'] },
  }),
  alsoDoes: ['configure'],
  numbers: 'number',
  sdk: { folder: 'go', copy: COPY },
  testCommand: () => 'go test .',
  manifestCommand: ({ name }) => `go build -o ${name} . && ./${name} --manifest > new.json && mv new.json plugin.json`,
});

/** Without the dot in its path it could be a package of Go's own: `log`, `plugin`. */
function module({ name }: Plan): string {
  return `module example.com/${name}

go 1.19

require cloudsnooze.dev/plugin v${VERSION}

replace cloudsnooze.dev/plugin => ./${COPY}
`;
}

function program({ name, handles }: Plan): string {
  const options = [
    `plugin.Describe[Config]("${DESCRIPTION}"),`,
    `plugin.Manifest[Config](map[string]any{`,
    `	"license": "${LIMITS.license}", "min_host_version": "${LIMITS.min_host_version}",`,
    `	"timeouts":  map[string]any{"check_seconds": ${LIMITS.timeouts.check_seconds}},`,
    `	"resources": map[string]any{"memory_mb": ${LIMITS.resources.memory_mb}},`,
    '}),',
    ...handles.map((type) => `plugin.On("${type}", 50, save),`),
  ];
  return `package main

import "cloudsnooze.dev/plugin"

type Config struct {
	Limit float64 \`json:"limit" default:"${LIMIT.default}" minimum:"${LIMIT.minimum}" doc:"${LIMIT.description}"\`
}

// check tells whether the host is idle, and why.
func check(call plugin.Call, config Config) (plugin.Verdict, error) {
	load := call.Metrics.Load1m
	if load == nil {
		return plugin.Busy("the load is not known"), nil
	}
	return plugin.IdleIf(*load <= config.Limit, "load %g, limit %g", *load, config.Limit), nil
}
${handles.length === 0 ? '' : handler()}
func main() {
	plugin.Serve("${name}", "${VERSION}", check,
${options.map((line) => `\t\t${line}\n`).join('')}	)
}
`;
}

function handler(): string {
  return `
// save keeps what must not be lost; the call ends at the event's deadline.
func save(call plugin.Call, config Config, event plugin.Event) (plugin.Handled, error) {
	return plugin.Handled{Handled: true, Result: "nothing to save yet for " + event.Type}, nil
}
`;
}

function test(): string {
  return `package main

import (
	"testing"

	"cloudsnooze.dev/plugin"
)

func verdict(t *testing.T, load *float64) plugin.Verdict {
	t.Helper()
	found, err := check(plugin.Call{Metrics: plugin.Metrics{Load1m: load}}, Config{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestALowLoadIsIdle(t *testing.T) {
	load := 0.5
	if found := verdict(t, &load); !found.IsIdle {
		t.Error(found.Reason)
	}
}

func TestAHighLoadIsBusyAndSaysWhy(t *testing.T) {
	load := 4.0
	if found := verdict(t, &load); found.IsIdle || found.Reason != "load 4, limit 1" {
		t.Error(found)
	}
}

func TestAnUnknownLoadIsBusy(t *testing.T) {
	if found := verdict(t, nil); found.IsIdle {
		t.Error(found.Reason)
	}
}
`;
}
