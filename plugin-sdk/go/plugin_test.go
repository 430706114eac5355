package plugin

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

type config struct {
	Limit int      `json:"limit" default:"5"`
	Path  string   `json:"path" default:"/var/spool"`
	Names []string `json:"names" default:"[\"a\"]"`
	On    bool     `json:"on"`
}

func TestDefaultsHoldWhereTheHostSendsNothing(t *testing.T) {
	for raw, want := range map[string]config{
		``:                         {5, "/var/spool", []string{"a"}, false},
		`null`:                     {5, "/var/spool", []string{"a"}, false},
		`{"limit":0,"on":true}`:    {0, "/var/spool", []string{"a"}, true},
		`{"path":"","names":[]}`:   {5, "", []string{}, false},
		`{"unknown":{"deep":[1]}}`: {5, "/var/spool", []string{"a"}, false},
	} {
		var got config
		if err := decodeConfig(json.RawMessage(raw), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", raw, got, err, want)
		}
	}
}

func TestAConfigurationOfTheWrongTypeIsRefused(t *testing.T) {
	var got config
	if err := decodeConfig(json.RawMessage(`{"limit":"five"}`), &got); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Errorf("%v; want an error that names the field", err)
	}
}

func TestABadDefaultNamesItsField(t *testing.T) {
	var got struct {
		Limit int `default:"five"`
	}
	if err := decodeConfig(nil, &got); err == nil || !strings.Contains(err.Error(), "Limit") {
		t.Errorf("%v; want an error that names the field", err)
	}
}

func TestAConfigurationCanBeAMap(t *testing.T) {
	var got map[string]any
	if err := decodeConfig(json.RawMessage(`{"a":1}`), &got); err != nil || got["a"] != 1.0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestLines(t *testing.T) {
	huge := strings.Repeat("x", messageLimit+1)
	lines := bufio.NewReaderSize(strings.NewReader("one\n\n"+huge+"\r\ntwo\r\nlast"), 4096)
	type got struct {
		line string
		err  error
	}
	for _, want := range []got{{"one", nil}, {"", nil}, {"", errTooLarge}, {"two", nil}, {"last", io.EOF}} {
		line, err := readLine(lines)
		if string(line) != want.line || !errors.Is(err, want.err) {
			t.Fatalf("%.20q, %v; want %+v", line, err, want)
		}
	}
}

func TestAnAnswerThatCannotBeSentBecomesAnError(t *testing.T) {
	for name, result := range map[string]any{"too large": strings.Repeat("x", messageLimit), "no JSON": func() {}} {
		var sent answer
		if err := json.Unmarshal(encode(success(json.RawMessage("7"), result)), &sent); err != nil {
			t.Fatal(name, err)
		}
		if string(sent.ID) != "7" || sent.Error == nil || sent.Error.Code != codeInternal {
			t.Errorf("%s: %+v", name, sent)
		}
	}
}

func TestReasons(t *testing.T) {
	if got := IdleIf(3 < 5, "%d of %d", 3, 5); !got.IsIdle || got.Reason != "3 of 5" {
		t.Errorf("%+v", got)
	}
	if Busy("x").IsIdle || !Idle("x").IsIdle {
		t.Error("Busy is idle, or Idle busy")
	}
}
