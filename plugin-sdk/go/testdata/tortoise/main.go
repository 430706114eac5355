// Tortoise is the plugin that every SDK runs the protocol's transcripts against.
package main

import (
	"errors"
	"fmt"
	"os/exec"

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

func main() {
	plugin.Serve("tortoise", "1.0.0", check, plugin.On("cloud.spot.interrupt", save))
}
