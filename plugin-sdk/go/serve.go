package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// What is being answered when the input ends may take this long under the host; by hand it may finish.
const drainTime = time.Second

// Serve answers the host until it sends Shutdown, closes the input, sends SIGTERM, or is gone. It does not return. With
// the argument --manifest it prints the plugin.json instead. A plugin that only handles events has nil for a check.
func Serve[C any](name, version string, check func(Call, C) (Verdict, error), options ...Option[C]) {
	s := newServer(name, version, check, options)
	if len(s.mistakes) > 0 {
		fmt.Fprintln(os.Stderr, strings.Join(s.mistakes, "\n"))
		os.Exit(1)
	}
	if len(os.Args) > 1 && os.Args[1] == "--manifest" {
		text, err := json.MarshalIndent(s.manifest(), "", "  ")
		if err != nil {
			fmt.Fprintln(os.Stderr, "the manifest cannot be written as JSON:", err)
			os.Exit(1)
		}
		fmt.Println(string(text))
		os.Exit(0)
	}
	_, underHost := os.LookupEnv("SNOOZE_PLUGIN")
	if !underHost && isTerminal(os.Stdin) {
		explain()
	}
	wire, err := takeStdout()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stdout cannot be kept for the protocol:", err)
		os.Exit(1)
	}
	input := newReader(os.Stdin)
	s.send = func(message any) {
		if _, err := wire.Write(encode(message, input.framing)); err != nil {
			os.Exit(0) // nobody reads any more
		}
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, os.Interrupt)
	gone := parentGone(underHost)
	go func() {
		select {
		case <-ended:
		case <-gone:
		}
		s.cancelAll()
		s.end()
		os.Exit(0)
	}()

	s.readAll(input)
	if underHost {
		s.cancelAll()
		s.waitAtMost(drainTime)
	} else {
		s.open.Wait()
	}
	s.end()
	os.Exit(0)
}

// readAll takes every message of the input.
func (s *server[C]) readAll(input *reader) {
	for {
		text, err := input.next()
		switch {
		case errors.Is(err, errTooLarge), errors.Is(err, errJunk):
			s.send(failure(nil, codeParse, err.Error()))
		case err != nil:
			if !errors.Is(err, io.EOF) {
				fmt.Fprintln(os.Stderr, "<4>the input ended:", err)
			}
			return
		default:
			s.take(text)
		}
	}
}

func explain() {
	folder := filepath.Dir(os.Args[0])
	request := `{"id":1,"method":"CheckIdle","params":{"metrics":{},"context":{}}}`
	fmt.Fprintln(os.Stderr, "This is a CloudSnooze plugin: snoozed starts it. To try all of it, type")
	fmt.Fprintf(os.Stderr, "  snooze plugin test %s\n", folder)
	fmt.Fprintln(os.Stderr, "and to see one answer")
	fmt.Fprintf(os.Stderr, "  echo '%s' | %s\n", request, os.Args[0])
	os.Exit(2)
}
