package plugin

import (
	"encoding/json"
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

func TestAnAnswerThatCannotBeSentBecomesAnError(t *testing.T) {
	for name, result := range map[string]any{"too large": strings.Repeat("x", messageLimit), "no JSON": func() {}} {
		var sent answer
		if err := json.Unmarshal(encode(success(json.RawMessage("7"), result), "lines"), &sent); err != nil {
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

func TestTheSchemaIsMadeOfTheType(t *testing.T) {
	type settings struct {
		URL   string   `json:"url" required:"true" doc:"where it is" pattern:"^http"`
		Limit int      `json:"limit" default:"5" minimum:"0"`
		Mode  string   `json:"mode" default:"soft" enum:"soft,hard"`
		Hosts []string `json:"hosts"`
		Until *float64 `json:"until"`
		inner int      //nolint:unused // what is not exported is no setting
	}
	text, err := json.Marshal(configSchema(reflect.TypeOf(settings{})))
	want := `{"additionalProperties":false,"properties":{` +
		`"hosts":{"default":[],"items":{"type":"string"},"type":"array"},` +
		`"limit":{"default":5,"minimum":0,"type":"integer"},` +
		`"mode":{"default":"soft","enum":["soft","hard"],"type":"string"},` +
		`"until":{"default":null,"type":["number","null"]},` +
		`"url":{"description":"where it is","pattern":"^http","type":"string"}},` +
		`"required":["url"],"type":"object"}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
	var got settings
	if err := decodeConfig(json.RawMessage(`{}`), &got); err == nil || !strings.Contains(err.Error(), "`url`") {
		t.Errorf("%v; want an error that names the missing field", err)
	}
}

func TestADiagnosisHasItsStatusFromItsFindings(t *testing.T) {
	for severity, want := range map[string]string{"info": "ok", "warning": "degraded", "critical": "failed"} {
		if got := diagnosis("p", []Finding{{ID: "a", Severity: severity}}, nil, nil); got["status"] != want {
			t.Errorf("%s: %v", severity, got)
		}
	}
	both := []Finding{{ID: "a", Category: "memory"}, {ID: "b"}}
	if got := diagnosis("p", both, nil, []string{"p"})["findings"].([]Finding); len(got) != 1 || got[0].ID != "b" {
		t.Errorf("%v", got)
	}
}

func TestAFindingAboutTheWholeIsNoLessTrueOfOneCategory(t *testing.T) {
	unreachable := []Finding{{ID: "unreachable", Severity: "critical"}}
	if got := diagnosis("p", unreachable, nil, []string{"memory"}); got["status"] != "failed" {
		t.Errorf("%v", got)
	}
}

func TestTwoFunctionsForTheSameAreAMistake(t *testing.T) {
	type none struct{}
	run := Command("flush", func(Call, none, []string) (string, int, error) { return "", 0, nil })
	on := On("custom.a", 50, func(Call, none, Event) (Handled, error) { return Handled{}, nil })
	health := Health(func(Call, none) (string, error) { return "", nil })
	if s := newServer("p", "1.0.0", nil, []Option[none]{run, on, health}); len(s.mistakes) != 0 {
		t.Error(s.mistakes)
	}
	s := newServer("p", "1.0.0", nil, []Option[none]{run, on, health, run, on, health})
	want := []string{"p has two commands flush", "p has two handlers of custom.a", "p has two functions for HealthCheck"}
	if !reflect.DeepEqual(s.mistakes, want) {
		t.Error(s.mistakes)
	}
}
