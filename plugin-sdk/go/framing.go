package plugin

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The largest message in either direction, in bytes.
const messageLimit = 1024 * 1024

// A line of a header is never longer than this.
const headerLimit = 8 * 1024

var (
	errTooLarge = fmt.Errorf("a message of more than %d bytes", messageLimit)
	errJunk     = errors.New("a message is a JSON object")
)

// reader cuts the input into messages, in whichever framing it begins.
type reader struct {
	input   *bufio.Reader
	framing string // "lines" or "headers"; empty until the first byte has come
}

func newReader(input io.Reader) *reader {
	return &reader{input: bufio.NewReaderSize(input, 64*1024)}
}

// next gives one message. After errTooLarge and errJunk it can go on; any other error is the end of the input.
func (r *reader) next() ([]byte, error) {
	if r.framing == "" {
		if err := r.detect(); err != nil {
			return nil, err
		}
	}
	text, err := r.cut()
	if err != nil && len(text) == 0 {
		return nil, err
	}
	if !bytes.HasPrefix(text, []byte("{")) || !json.Valid(text) {
		return nil, errJunk
	}
	return text, nil // an end that came with it comes again
}

func (r *reader) cut() ([]byte, error) {
	if r.framing == "headers" {
		return r.block()
	}
	for {
		if line, err := r.line(messageLimit); err != nil || len(line) > 0 {
			return line, err
		}
	}
}

// detect looks at the first characters: a message in lines begins with a brace.
func (r *reader) detect() error {
	for {
		first, err := r.input.Peek(1)
		if err != nil {
			return err
		}
		if first[0] > ' ' {
			break
		}
		_, _ = r.input.Discard(1)
	}
	r.framing = "lines"
	if first, _ := r.input.Peek(1); first[0]|0x20 == 'c' {
		if word, _ := r.input.Peek(8); strings.EqualFold(string(word), "content-") {
			r.framing = "headers"
		}
	}
	return nil
}

// line gives one line without its end; one over the limit is read to its end and refused.
func (r *reader) line(limit int) ([]byte, error) {
	var line []byte
	tooLarge := false
	for {
		piece, err := r.input.ReadSlice('\n')
		if len(line)+len(bytes.TrimRight(piece, "\r\n")) > limit {
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
		return bytes.TrimSpace(line), err
	}
}

func (r *reader) block() ([]byte, error) {
	length := -1
	for {
		line, err := r.line(headerLimit)
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := strings.Cut(string(line), ":")
		if number, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && strings.EqualFold(name, "content-length") {
			length = number
		}
	}
	if length < 0 {
		return nil, errJunk
	}
	if length > messageLimit {
		if _, err := io.CopyN(io.Discard, r.input, int64(length)); err != nil {
			return nil, err
		}
		return nil, errTooLarge
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r.input, body); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(body), nil
}

// encode frames a message. An answer that cannot be sent goes as the error that says why.
func encode(message any, framing string) []byte {
	data, err := json.Marshal(message)
	if err == nil && len(data) > messageLimit {
		err = fmt.Errorf("it has %d bytes, at most %d go", len(data), messageLimit)
	}
	if err != nil {
		answered, _ := message.(answer)
		data, _ = json.Marshal(failure(answered.ID, codeInternal, "the answer cannot be sent: "+err.Error()))
	}
	if framing == "headers" {
		return append([]byte(fmt.Sprintf("Content-Length: %d\r\n\r\n", len(data))), data...)
	}
	return append(data, '\n')
}
