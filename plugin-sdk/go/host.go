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

// Call is one call of the host. Its context ends when nobody waits for the answer any more.
type Call struct {
	context.Context
	// Metrics is filled for a check, and empty for an event.
	Metrics Metrics
	// StateDir is the plugin instance's own folder to write to.
	StateDir string
}
