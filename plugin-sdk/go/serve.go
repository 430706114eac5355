package plugin

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// What is being answered when the input ends may take this long under the host; by hand it may finish.
const drainTime = time.Second

// Serve answers the host until it sends Shutdown, closes the input, or sends SIGTERM. It does not return.
func Serve[C any](name, version string, check func(Call, C) (Verdict, error), options ...Option[C]) {
	_, underHost := os.LookupEnv("SNOOZE_PLUGIN")
	if !underHost && isTerminal(os.Stdin) {
		request := `{"id":1,"method":"CheckIdle","params":{"metrics":{},"context":{}}}`
		fmt.Fprintln(os.Stderr, "This is a CloudSnooze plugin: snoozed starts it. To see one answer:")
		fmt.Fprintf(os.Stderr, "  echo '%s' | %s\n", request, os.Args[0])
		os.Exit(2)
	}
	wire, err := takeStdout()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stdout cannot be kept for the protocol:", err)
		os.Exit(1)
	}
	s := newServer(name, version, check, options)
	s.send = func(message any) {
		if _, err := wire.Write(encode(message)); err != nil {
			os.Exit(0) // nobody reads any more
		}
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	go func() {
		<-ended
		s.end()
		os.Exit(0)
	}()

	s.readAll(os.Stdin)
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
func (s *server[C]) readAll(input io.Reader) {
	lines := bufio.NewReaderSize(input, 64*1024)
	for {
		line, err := readLine(lines)
		if errors.Is(err, errTooLarge) {
			s.send(failure(nil, codeParse, err.Error()))
			continue
		}
		if len(line) > 0 {
			s.take(line)
		}
		if err != nil {
			return
		}
	}
}

var errTooLarge = fmt.Errorf("a message of more than %d bytes", messageLimit)

// readLine gives one line without its end; a line over the limit is read to its end and refused.
func readLine(lines *bufio.Reader) ([]byte, error) {
	var line []byte
	tooLarge := false
	for {
		piece, err := lines.ReadSlice('\n')
		if len(line)+len(piece) > messageLimit {
			tooLarge, line = true, nil
		}
		if !tooLarge {
			line = append(line, piece...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if tooLarge && err == nil {
			return nil, errTooLarge
		}
		return trimSpace(line), err
	}
}

func encode(message any) []byte {
	data, err := json.Marshal(message)
	if err == nil && len(data) < messageLimit {
		return append(data, '\n')
	}
	answered, _ := message.(answer)
	text := "the answer is larger than a message may be"
	if err != nil {
		text = "the answer cannot be written as JSON: " + err.Error()
	}
	data, _ = json.Marshal(failure(answered.ID, codeInternal, text))
	return append(data, '\n')
}
