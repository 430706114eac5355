package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// speak gives a host that answers each request with what reply returns.
func speak(reply func(asked) (any, *Error)) *Host {
	h := &Host{waiting: map[string]chan message{}}
	h.send = func(sent any) {
		request := sent.(asked)
		if request.ID == 0 {
			return
		}
		result, failed := reply(request)
		id, _ := json.Marshal(request.ID)
		text, _ := json.Marshal(result)
		fault, _ := json.Marshal(failed)
		go h.take(message{ID: id, Result: text, Error: fault})
	}
	return h
}

func TestManyCallsToTheHostAtOnceGetEachItsAnswer(t *testing.T) {
	h := speak(func(request asked) (any, *Error) {
		return Entry{Key: request.Params.(map[string]any)["key"].(string), Revision: request.ID}, nil
	})
	var all sync.WaitGroup
	for i := 0; i < 50; i++ {
		key := strings.Repeat("k", i+1)
		all.Add(1)
		go func() {
			defer all.Done()
			if entry, err := h.Set(context.Background(), key, 1, 0); err != nil || entry.Key != key {
				t.Errorf("%v, %v; want %s", entry, err, key)
			}
		}()
	}
	all.Wait()
	h.take(message{ID: json.RawMessage("1")}) // an answer to nothing is dropped
}

func TestAMissingKeyIsNoError(t *testing.T) {
	h := speak(func(asked) (any, *Error) { return nil, &Error{codeNotFound, "not found"} })
	if entry, err := h.Get(context.Background(), "a"); entry != nil || err != nil {
		t.Errorf("%v, %v", entry, err)
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	canceled := make(chan asked, 2)
	h := &Host{waiting: map[string]chan message{}, send: func(sent any) { canceled <- sent.(asked) }}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Watch(ctx, "a", 1); err != context.Canceled {
		t.Error(err)
	}
	if <-canceled; (<-canceled).Method != "$/cancelRequest" {
		t.Error("the host was not told")
	}
}

func TestWhatTheHostDoesNotOfferIsRefusedAtOnce(t *testing.T) {
	h := &Host{waiting: map[string]chan message{}, send: func(any) { t.Error("sent") }}
	h.offer([]string{"Host.KV.Get"})
	if _, err := h.EmitEvent(context.Background(), "custom", 0, nil); !isCode(err, codeNotPermitted) {
		t.Error(err)
	}
	h.Metric("jobs", 1, nil)
}

func TestAFileGoesInPieces(t *testing.T) {
	data, pieces := bytes.Repeat([]byte("x"), 2*chunkSize+5), []int{}
	h := speak(func(request asked) (any, *Error) {
		given := request.Params.(map[string]any)
		if request.Method == "Host.Files.Put" {
			pieces = append(pieces, len(given["data"].([]byte)))
			return File{}, nil
		}
		rest := data[given["offset"].(int):]
		if len(rest) > chunkSize {
			rest = rest[:chunkSize]
		}
		return File{Size: int64(len(data)), Data: rest}, nil
	})
	if _, err := h.PutFile(context.Background(), "f", data); err != nil || len(pieces) != 3 || pieces[2] != 5 {
		t.Error(pieces, err)
	}
	if got, err := h.GetFile(context.Background(), "f"); err != nil || !bytes.Equal(got, data) {
		t.Error(len(got), err)
	}
}
