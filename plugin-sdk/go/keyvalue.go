package plugin

import (
	"context"
	"encoding/json"
	"time"
)

// Entry is a value that the daemon keeps. Its revision grows with each change.
type Entry struct {
	Key      string          `json:"key"`
	Value    json.RawMessage `json:"value"`
	Revision int64           `json:"revision"`
}

// Get reads a key of the daemon's key-value store; nil where there is none.
func (h *Host) Get(ctx context.Context, key string) (*Entry, error) {
	var entry Entry
	err := h.Ask(ctx, "Host.KV.Get", map[string]any{"key": key}, &entry)
	if isCode(err, codeNotFound) {
		return nil, nil
	}
	return &entry, err
}

// Set writes a key, whatever was there. A ttl of 0 is for ever.
func (h *Host) Set(ctx context.Context, key string, value any, ttl time.Duration) (Entry, error) {
	return h.entry(ctx, "Host.KV.Set", withTTL(map[string]any{"key": key, "value": value}, ttl))
}

// Create writes a key that is not there yet; else the error's code is -32012.
func (h *Host) Create(ctx context.Context, key string, value any, ttl time.Duration) (Entry, error) {
	return h.entry(ctx, "Host.KV.Create", withTTL(map[string]any{"key": key, "value": value}, ttl))
}

// Update writes a key that nobody has changed since that revision; else the error's code is -32010.
func (h *Host) Update(ctx context.Context, key string, value any, revision int64) (Entry, error) {
	return h.entry(ctx, "Host.KV.Update", map[string]any{"key": key, "value": value, "revision": revision})
}

// Watch waits until a key has a higher revision than this.
func (h *Host) Watch(ctx context.Context, key string, revision int64) (Entry, error) {
	return h.entry(ctx, "Host.KV.Watch", map[string]any{"key": key, "revision": revision})
}

// Delete removes a key.
func (h *Host) Delete(ctx context.Context, key string) error {
	return h.Ask(ctx, "Host.KV.Delete", map[string]any{"key": key}, nil)
}

// Keys gives the keys that start like that.
func (h *Host) Keys(ctx context.Context, prefix string) ([]string, error) {
	var told struct{ Keys []string }
	err := h.Ask(ctx, "Host.KV.Keys", map[string]any{"prefix": prefix}, &told)
	return told.Keys, err
}

func (h *Host) entry(ctx context.Context, method string, params map[string]any) (Entry, error) {
	var told Entry
	err := h.Ask(ctx, method, params, &told)
	return told, err
}

func withTTL(params map[string]any, ttl time.Duration) map[string]any {
	if ttl > 0 {
		params["ttl_seconds"] = ttl.Seconds()
	}
	return params
}
