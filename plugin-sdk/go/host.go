package plugin

import (
	"context"
	"encoding/json"
	"strconv"
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

// Entry is a value that the daemon keeps. Its revision grows with each change.
type Entry struct {
	Key      string          `json:"key"`
	Value    json.RawMessage `json:"value"`
	Revision int64           `json:"revision"`
}

// File is what is told of a file that the daemon keeps.
type File struct {
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	SHA256   string    `json:"sha256"`
	Modified time.Time `json:"modified"`
	Data     []byte    `json:"data,omitempty"`
}

// A file goes in pieces of this size at most.
const chunkSize = 512 * 1024

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

// PutFile writes a whole file.
func (h *Host) PutFile(ctx context.Context, name string, data []byte) (File, error) {
	var told File
	for offset := 0; offset == 0 || offset < len(data); offset += chunkSize {
		end := offset + chunkSize
		if end > len(data) {
			end = len(data)
		}
		chunk := map[string]any{"name": name, "offset": offset, "data": data[offset:end]} // bytes become base64
		if err := h.Ask(ctx, "Host.Files.Put", chunk, &told); err != nil {
			return told, err
		}
	}
	return told, nil
}

// GetFile reads a whole file.
func (h *Host) GetFile(ctx context.Context, name string) ([]byte, error) {
	data := []byte{}
	for {
		var told File
		asked := map[string]any{"name": name, "offset": len(data), "length": chunkSize}
		if err := h.Ask(ctx, "Host.Files.Get", asked, &told); err != nil {
			return nil, err
		}
		data = append(data, told.Data...)
		if len(told.Data) == 0 || int64(len(data)) >= told.Size {
			return data, nil
		}
	}
}

// Files gives what is told of the files whose names start like that.
func (h *Host) Files(ctx context.Context, prefix string) ([]File, error) {
	var told struct{ Files []File }
	err := h.Ask(ctx, "Host.Files.List", map[string]any{"prefix": prefix}, &told)
	return told.Files, err
}

// DeleteFile removes a file.
func (h *Host) DeleteFile(ctx context.Context, name string) error {
	return h.Ask(ctx, "Host.Files.Delete", map[string]any{"name": name}, nil)
}

// Ask calls any method of the host, and fills result (nil: it does not matter) with the answer.
func (h *Host) Ask(ctx context.Context, method string, params, result any) error {
	h.guard.Lock()
	if h.offered != nil && !h.offered[method] {
		h.guard.Unlock()
		return &Error{codeNotPermitted, "the daemon offers no " + method + " here: name it in permissions.host"}
	}
	h.lastID++
	id := h.lastID
	answered := make(chan message, 1)
	h.waiting[strconv.FormatInt(id, 10)] = answered
	h.guard.Unlock()
	defer func() {
		h.guard.Lock()
		delete(h.waiting, strconv.FormatInt(id, 10))
		h.guard.Unlock()
	}()

	h.send(asked{Version: "2.0", ID: id, Method: method, Params: params})
	select {
	case <-ctx.Done():
		h.send(asked{Version: "2.0", Method: "$/cancelRequest", Params: map[string]any{"id": id}})
		return ctx.Err()
	case told := <-answered:
		if told.Error != nil {
			return told.Error
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(told.Result, result)
	}
}

func (h *Host) entry(ctx context.Context, method string, params map[string]any) (Entry, error) {
	var told Entry
	err := h.Ask(ctx, method, params, &told)
	return told, err
}

func (h *Host) tell(method string, params any) {
	h.guard.Lock()
	offered := h.offered == nil || h.offered[method]
	h.guard.Unlock()
	if offered {
		h.send(asked{Version: "2.0", Method: method, Params: params})
	}
}

// take gives an answer to whoever asked; one to nothing is dropped.
func (h *Host) take(told message) {
	h.guard.Lock()
	answered := h.waiting[string(told.ID)]
	delete(h.waiting, string(told.ID))
	h.guard.Unlock()
	if answered != nil {
		answered <- told
	}
}

func (h *Host) offer(methods []string) {
	h.guard.Lock()
	defer h.guard.Unlock()
	h.offered = map[string]bool{}
	for _, each := range methods {
		h.offered[each] = true
	}
}

func withTTL(params map[string]any, ttl time.Duration) map[string]any {
	if ttl > 0 {
		params["ttl_seconds"] = ttl.Seconds()
	}
	return params
}

func isCode(err error, code int) bool {
	coded, ok := err.(*Error)
	return ok && coded.Code == code
}
