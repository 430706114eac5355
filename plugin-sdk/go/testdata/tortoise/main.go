// Tortoise is the plugin that every SDK runs the protocol's transcripts against.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"cloudsnooze.dev/plugin"
)

type config struct {
	Limit float64 `json:"limit" default:"5"`
}

func check(call plugin.Call, config config) (plugin.Verdict, error) {
	fmt.Println("a stray print")
	_ = exec.Command("echo", "a stray program").Run()
	usage := call.Metrics.CPUUsage
	if usage == nil {
		return plugin.Verdict{}, errors.New("no cpu_usage")
	}
	return plugin.IdleIf(*usage < config.Limit, "cpu %v, limit %v", *usage, config.Limit), nil
}

func save(call plugin.Call, _ config, event plugin.Event) (plugin.Handled, error) {
	if event.Data["wait"] == true {
		<-call.Done()
		return plugin.Handled{}, errors.New("canceled")
	}
	return plugin.Handled{Handled: true, Result: map[string]any{"saved": event.ID}}, nil
}

func askHost(call plugin.Call, _ config, _ plugin.Event) (plugin.Handled, error) {
	host := call.Host
	host.Log("info", "asking", map[string]any{"by": "tortoise"})
	host.Metric("speed", 0.5, map[string]string{"unit": "kmh"})
	if _, err := host.Set(call, "shell", "hard", 60*time.Second); err != nil {
		return plugin.Handled{}, err
	}
	entry, err := host.Get(call, "shell")
	if err != nil {
		return plugin.Handled{}, err
	}
	release, err := host.Inhibit(call, "thinking", 30*time.Second)
	if err != nil {
		return plugin.Handled{}, err
	}
	if err := release(); err != nil {
		return plugin.Handled{}, err
	}
	id, err := host.EmitEvent(call, "custom.answer", 1, map[string]any{"n": 1})
	if err != nil {
		return plugin.Handled{}, err
	}
	if _, err := host.PutFile(call, "leaf", []byte("green")); err != nil {
		return plugin.Handled{}, err
	}
	leaf, err := host.GetFile(call, "leaf")
	var shell string
	_ = json.Unmarshal(entry.Value, &shell)
	return plugin.Handled{Handled: true, Result: map[string]any{"shell": shell, "event": id, "leaf": string(leaf)}}, err
}

func configured(_ plugin.Call, config config) error {
	if config.Limit < 0 {
		return errors.New("limit is under 0")
	}
	return nil
}

func veto(_ plugin.Call, _ config, snooze plugin.Snooze) (string, error) {
	if snooze.Action == "terminate" {
		return "a tortoise lives long", nil
	}
	return "", nil
}

func diagnose(plugin.Call, config) ([]plugin.Finding, map[string]any, error) {
	slow := plugin.Finding{ID: "slow", Severity: "warning", Title: "it is slow", Suggestion: "wait"}
	return []plugin.Finding{slow}, map[string]any{"legs": 4}, nil
}

func echo(_ plugin.Call, _ config, args []string) (string, int, error) {
	return strings.Join(args, " "), 3, nil
}

func main() {
	plugin.Serve("tortoise", "1.0.0", check,
		plugin.On("cloud.spot.interrupt", 50, save),
		plugin.On("custom.ask", 50, askHost),
		plugin.Configured(configured),
		plugin.BeforeSnooze(veto),
		plugin.AfterResume(func(plugin.Call, config, plugin.Snooze) error { return nil }),
		plugin.Diagnose(diagnose),
		plugin.Command("echo", echo),
		plugin.Describe[config]("Idle while the CPU is under a limit."),
	)
}
