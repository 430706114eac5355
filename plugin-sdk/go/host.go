package plugin

import (
	"context"
	"sync"
	"time"
)

// Host is what the daemon does for a plugin. Each method needs its name in the manifest's permissions.host; without it
// the error's code is -32001.
type Host struct {
	send func(message any)

	guard   sync.Mutex // over what follows
	offered map[string]bool
	lastID  int64
	waiting map[string]chan message
}

// Log writes to the daemon's log; level is debug, info, warn or error.
func (h *Host) Log(level, text string, fields map[string]any) {
	h.tell("Host.Log", map[string]any{"level": level, "message": text, "fields": fields})
}

// Metric reports a number, which then stands in /metrics.
func (h *Host) Metric(name string, value float64, labels map[string]string) {
	h.tell("Host.ReportMetric", map[string]any{"name": name, "value": value, "labels": labels})
}

// EmitEvent sends an event of the type custom or custom.<name> to all its handlers, and gives its id.
func (h *Host) EmitEvent(ctx context.Context, eventType string, severity int, data map[string]any) (string, error) {
	var told struct{ ID string }
	err := h.Ask(ctx, "Host.EmitEvent", map[string]any{"type": eventType, "severity": severity, "data": data}, &told)
	return told.ID, err
}

// Inhibit keeps the host awake until release is called, and that long at most.
func (h *Host) Inhibit(ctx context.Context, reason string, ttl time.Duration) (release func() error, err error) {
	var told struct{ Inhibitor string }
	if err := h.Ask(ctx, "Host.Inhibit", map[string]any{"reason": reason, "ttl_seconds": ttl.Seconds()}, &told); err != nil {
		return nil, err
	}
	return func() error {
		err := h.Ask(context.Background(), "Host.Release", map[string]any{"inhibitor": told.Inhibitor}, nil)
		if isCode(err, codeNotFound) {
			return nil // it has run out
		}
		return err
	}, nil
}
