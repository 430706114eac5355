package plugin

import (
	"context"
	"time"
)

// Metrics are the host's numbers at one instant; nil where the host does not have that one. Units as in the protocol.
type Metrics struct {
	Timestamp        float64          `json:"timestamp"`
	CPUUsage         *float64         `json:"cpu_usage"`
	MemoryUsage      *float64         `json:"memory_usage"`
	NetworkTraffic   *float64         `json:"network_traffic"`
	DiskIO           *float64         `json:"disk_io"`
	GPUUsage         *float64         `json:"gpu_usage"`
	InputIdleSeconds *float64         `json:"input_idle_seconds"`
	Load1m           *float64         `json:"load_1m"`
	IdleSeconds      float64          `json:"idle_seconds"`
	GPUs             []map[string]any `json:"gpus"`
}

// Event is something that happens to the host. Deadline is nil where there is none.
type Event struct {
	ID        string         `json:"id"`
	Type      string         `json:"type"`
	Source    string         `json:"source"`
	Timestamp time.Time      `json:"timestamp"`
	Data      map[string]any `json:"data"`
	Severity  int            `json:"severity"`
	Deadline  *time.Time     `json:"deadline"`
}

// Snooze is what the host is about to do, or has done.
type Snooze struct {
	Reason      string    `json:"reason"`
	IdleSeconds float64   `json:"idle_seconds"`
	Action      string    `json:"action"`
	StoppedAt   time.Time `json:"stopped_at"`
	ResumedAt   time.Time `json:"resumed_at"`
}

// Call is one call of the host. Its context ends when nobody waits for the answer any more, and at the latest when the
// host's patience or the event's deadline does.
type Call struct {
	context.Context
	// Metrics is filled for a check.
	Metrics Metrics
	// Instance is the name of the configured instance.
	Instance string
	// StateDir is the plugin instance's own folder to write to.
	StateDir string
	// Host is the daemon that asks.
	Host *Host
}

type params struct {
	Config      rawConfig `json:"config"`
	StateDir    string    `json:"state_dir"`
	HostMethods []string  `json:"host_methods"`
	Plugin      struct {
		Instance string `json:"instance"`
	} `json:"plugin"`
	Metrics Metrics `json:"metrics"`
	Context struct {
		DeadlineMS float64 `json:"deadline_ms"`
	} `json:"context"`
	Event      Event    `json:"event"`
	Categories []string `json:"categories"`
	Command    string   `json:"command"`
	Args       []string `json:"args"`
	Snooze
}

// endOf gives when the host stops waiting, or nil.
func endOf(given params) *time.Time {
	if given.Context.DeadlineMS > 0 {
		end := time.Now().Add(time.Duration(given.Context.DeadlineMS * float64(time.Millisecond)))
		return &end
	}
	return given.Event.Deadline
}
