package main

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// An answer larger than this is no Kafka's.
const answerLimit = 64 * 1024 * 1024

var errNotKafka = errors.New("that is no Kafka: its answer makes no sense")

// access says how to get in: `tls` is nil where nothing is encrypted, `mechanism` empty where nobody logs in.
type access struct {
	tls                       *tls.Config
	mechanism, user, password string
}

// session asks brokers in one check; it connects to each of them once, and ends with close.
type session struct {
	access      access
	deadline    time.Time
	connections map[string]net.Conn
}

func newSession(access access, deadline time.Time) *session {
	return &session{access, deadline, map[string]net.Conn{}}
}

func (s *session) close() {
	for _, each := range s.connections {
		each.Close()
	}
}

// ask sends one request to a broker and gives its answer.
func (s *session) ask(address string, api, version int16, body []byte) (*reader, error) {
	answer, err := s.tryAsking(address, api, version, body)
	if err != nil {
		return nil, fmt.Errorf("Kafka at %s: %w", address, cause(err))
	}
	return answer, nil
}

func (s *session) tryAsking(address string, api, version int16, body []byte) (*reader, error) {
	connection := s.connections[address]
	if connection == nil {
		dialed, err := s.dial(address)
		if err != nil {
			return nil, err
		}
		connection, s.connections[address] = dialed, dialed
		if err := s.logIn(dialed); err != nil {
			return nil, err
		}
	}
	return exchange(connection, api, version, body)
}

func (s *session) dial(address string) (net.Conn, error) {
	plain, err := net.DialTimeout("tcp", address, time.Until(s.deadline))
	if err != nil {
		return nil, err
	}
	if err := plain.SetDeadline(s.deadline); err != nil {
		plain.Close()
		return nil, err
	}
	if s.access.tls == nil {
		return plain, nil
	}
	encrypted, err := encrypt(plain, address, s.access.tls)
	if err != nil {
		plain.Close()
		return nil, err
	}
	return encrypted, nil
}

// cause leaves out of a network's error what was done and with whom.
func cause(err error) error {
	var operation *net.OpError
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	if errors.As(err, &operation) {
		return operation.Err
	}
	return err
}

// exchange sends one request and reads its answer, on a connection that has a deadline.
func exchange(connection net.Conn, api, version int16, body []byte) (*reader, error) {
	head := &writer{}
	head.int16(api)
	head.int16(version)
	head.int32(1)
	head.text("cloudsnooze")
	request := &writer{}
	request.int32(int32(len(head.data) + len(body)))
	if _, err := connection.Write(append(append(request.data, head.data...), body...)); err != nil {
		return nil, err
	}
	size := make([]byte, 4)
	if _, err := io.ReadFull(connection, size); errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, errors.New("no answer in time")
	} else if err != nil {
		return nil, fmt.Errorf("it closed the connection: does it want TLS or SASL? (%w)", cause(err))
	}
	if size[0] == 0x15 && size[1] == 3 { // a TLS alert
		return nil, errors.New("it speaks TLS: set tls to true")
	}
	length := binary.BigEndian.Uint32(size)
	if length < 4 || length > answerLimit {
		return nil, errNotKafka
	}
	answer := make([]byte, length)
	if _, err := io.ReadFull(connection, answer); err != nil {
		return nil, err
	}
	found := &reader{data: answer}
	if found.int32() != 1 {
		return nil, errNotKafka
	}
	return found, nil
}
