package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

type server[C any] struct {
	name, version string
	check         func(Call, C) (Verdict, error)
	handlers      map[string]func(Call, C, Event) (Handled, error)
	atEnd         func()
	send          func(message any)

	// open counts the requests that are being answered.
	open sync.WaitGroup
	once sync.Once

	guard    sync.Mutex // over what follows
	config   C
	stateDir string
	cancels  map[string]context.CancelFunc
}

func newServer[C any](name, version string, check func(Call, C) (Verdict, error), options []Option[C]) *server[C] {
	s := &server[C]{name: name, version: version, check: check, atEnd: func() {}}
	s.handlers = map[string]func(Call, C, Event) (Handled, error){}
	s.cancels = map[string]context.CancelFunc{}
	for _, option := range options {
		option(s)
	}
	if err := decodeConfig(nil, &s.config); err != nil {
		fmt.Fprintln(os.Stderr, "<3>"+err.Error())
	}
	return s
}

// take handles one line: a request is answered in a goroutine of its own, so that a cancellation can be heard.
func (s *server[C]) take(line []byte) {
	var message request
	if err := json.Unmarshal(line, &message); err != nil {
		s.send(failure(nil, codeParse, "a message is a JSON object: "+err.Error()))
		return
	}
	switch {
	case message.Method == "$/cancelRequest":
		var params struct {
			ID json.RawMessage `json:"id"`
		}
		_ = json.Unmarshal(message.Params, &params) // without an id there is nothing to cancel
		s.guard.Lock()
		if cancel, found := s.cancels[string(params.ID)]; found {
			cancel()
		}
		s.guard.Unlock()
	case message.Method == "" || len(message.ID) == 0 || string(message.ID) == "null":
		// An answer or a notification: nobody waits for one.
	case message.Method == "Shutdown":
		s.end()
		s.send(success(message.ID, struct{}{}))
		os.Exit(0)
	default:
		call, cancel := context.WithCancel(context.Background())
		s.guard.Lock()
		s.cancels[string(message.ID)] = cancel
		s.guard.Unlock()
		s.open.Add(1)
		go s.respond(call, message)
	}
}

func (s *server[C]) respond(call context.Context, message request) {
	defer func() {
		// A panic in a plugin's function is its error, and no reason to lose the process.
		if panicked := recover(); panicked != nil {
			fmt.Fprintf(os.Stderr, "<3>%s panicked: %v\n%s", message.Method, panicked, debug.Stack())
			s.send(failure(message.ID, codeInternal, fmt.Sprintf("panic: %v", panicked)))
		}
		s.guard.Lock()
		s.cancels[string(message.ID)]()
		delete(s.cancels, string(message.ID))
		s.guard.Unlock()
		s.open.Done()
	}()
	result, err := s.answer(call, message.Method, message.Params)
	var coded *answerError
	switch {
	case errors.As(err, &coded):
		s.send(failure(message.ID, coded.Code, coded.Message))
	case err != nil:
		s.send(failure(message.ID, codeInternal, err.Error()))
	default:
		s.send(success(message.ID, result))
	}
}

// end runs the plugin's own end once.
func (s *server[C]) end() { s.once.Do(s.atEnd) }

func (s *server[C]) cancelAll() {
	s.guard.Lock()
	defer s.guard.Unlock()
	for _, cancel := range s.cancels {
		cancel()
	}
}

func (s *server[C]) waitAtMost(limit time.Duration) {
	done := make(chan struct{})
	go func() {
		s.open.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
}
