package plugin

import (
	"context"
	"encoding/json"
	"strconv"
)

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
		if err := errorOf(told); err != nil {
			return err
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(told.Result, result)
	}
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

// errorOf gives what an answer says went wrong: in an error, in plain text, or in its result, as the daemon takes it
// from plugins.
func errorOf(told message) error {
	found := told.Error
	if len(found) == 0 || string(found) == "null" {
		var inside struct{ Error json.RawMessage }
		_ = json.Unmarshal(told.Result, &inside) // a result need not be an object
		if len(inside.Error) == 0 || inside.Error[0] != '"' {
			return nil
		}
		found = inside.Error
	}
	failed := &Error{Code: codeInternal}
	if json.Unmarshal(found, &failed.Message) != nil && json.Unmarshal(found, failed) != nil {
		failed.Message = string(found)
	}
	return failed
}

func isCode(err error, code int) bool {
	coded, ok := err.(*Error)
	return ok && coded.Code == code
}
