package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

type server[C any] struct {
	name, version string
	check         func(Call, C) (Verdict, error)
	handlers      map[string]handler[C]
	hooks         map[string]func(Call, C, params) (any, error)
	commands      map[string]func(Call, C, []string) (string, int, error)
	configured    func(Call, C) error
	members       map[string]any
	atEnd         func()
	send          func(message any)
	host          *Host
	mistakes      []string

	// open counts the requests that are being answered.
	open sync.WaitGroup
	once sync.Once

	guard    sync.Mutex // over what follows
	config   C
	stateDir string
	instance string
	cancels  map[string]context.CancelFunc
}

type handler[C any] struct {
	priority int
	handle   func(Call, C, Event) (Handled, error)
}

func newServer[C any](name, version string, check func(Call, C) (Verdict, error), options []Option[C]) *server[C] {
	s := &server[C]{name: name, version: version, check: check, atEnd: func() {}}
	s.handlers = map[string]handler[C]{}
	s.hooks = map[string]func(Call, C, params) (any, error){}
	s.commands = map[string]func(Call, C, []string) (string, int, error){}
	s.members = map[string]any{}
	s.cancels = map[string]context.CancelFunc{}
	s.host = &Host{send: func(message any) { s.send(message) }, waiting: map[string]chan message{}}
	for _, option := range options {
		option(s)
	}
	if err := decodeConfig(nil, &s.config); err != nil && strings.HasPrefix(err.Error(), "the default") {
		fmt.Fprintln(os.Stderr, "<3>"+err.Error())
	}
	return s
}

// take handles one message: a request is answered in a goroutine of its own, so that a cancellation can be heard.
func (s *server[C]) take(text []byte) {
	var given message
	if err := json.Unmarshal(text, &given); err != nil {
		s.send(failure(nil, codeParse, "a message is a JSON object: "+err.Error()))
		return
	}
	switch {
	case given.Method == "$/cancelRequest":
		var params struct {
			ID json.RawMessage `json:"id"`
		}
		_ = json.Unmarshal(given.Params, &params) // without an id there is nothing to cancel
		s.guard.Lock()
		if cancel, found := s.cancels[string(params.ID)]; found {
			cancel()
		}
		s.guard.Unlock()
	case len(given.ID) == 0 || string(given.ID) == "null":
		// A notification: nobody waits for an answer.
	case given.Method == "":
		s.host.take(given)
	case given.Method == "Shutdown":
		s.end()
		s.send(success(given.ID, struct{}{}))
		os.Exit(0)
	default:
		call, cancel := context.WithCancel(context.Background())
		s.guard.Lock()
		s.cancels[string(given.ID)] = cancel
		s.guard.Unlock()
		s.open.Add(1)
		go s.respond(call, given)
	}
}

func (s *server[C]) respond(call context.Context, given message) {
	defer func() {
		// A panic in a plugin's function is its error, and no reason to lose the process.
		if panicked := recover(); panicked != nil {
			fmt.Fprintf(os.Stderr, "<3>%s panicked: %v\n%s", given.Method, panicked, debug.Stack())
			s.send(failure(given.ID, codeInternal, fmt.Sprintf("panic: %v", panicked)))
		}
		s.guard.Lock()
		s.cancels[string(given.ID)]()
		delete(s.cancels, string(given.ID))
		s.guard.Unlock()
		s.open.Done()
	}()
	result, err := s.answer(call, given.Method, given.Params)
	var coded *Error
	switch {
	case errors.As(err, &coded):
		s.send(failure(given.ID, coded.Code, coded.Message))
	case err != nil:
		s.send(failure(given.ID, codeInternal, err.Error()))
	default:
		s.send(success(given.ID, result))
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
