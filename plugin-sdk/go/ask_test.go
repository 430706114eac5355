package plugin

import (
	"context"
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

func readVectors(t *testing.T, name string, vectors any) {
	text, err := os.ReadFile("../protocol/vectors/" + name + ".json")
	if err != nil {
		t.Skip("the protocol's vectors are not beside the module: ", err)
	}
	file := struct {
		Vectors any `json:"vectors"`
	}{vectors}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
}

type hostVector struct {
	Name, Requirement string
	Send              []struct {
		ID     json.RawMessage
		Method string
		Params json.RawMessage
	}
	Expect []message
}

// talk is a conversation in which the plugin asks; what it sends comes out of a channel.
type talk struct {
	host    *Host
	sent    chan asked
	ids     map[string]int64
	cancels map[string]context.CancelFunc
	answers map[string]chan outcome
}

type outcome struct {
	result json.RawMessage
	err    error
}

func newTalk() *talk {
	sent := make(chan asked, 1)
	host := &Host{waiting: map[string]chan message{}, send: func(message any) { sent <- message.(asked) }}
	return &talk{host, sent, map[string]int64{}, map[string]context.CancelFunc{}, map[string]chan outcome{}}
}

func (of *talk) ask(id, method string, params json.RawMessage) asked {
	ctx, cancel := context.WithCancel(context.Background())
	answer := make(chan outcome, 1)
	go func() {
		var result json.RawMessage
		err := of.host.Ask(ctx, method, params, &result)
		answer <- outcome{result, err}
	}()
	found := <-of.sent
	of.ids[id], of.cancels[id], of.answers[id] = found.ID, cancel, answer
	return found
}

func (of *talk) answer(told message) outcome {
	id := string(told.ID)
	told.ID, _ = json.Marshal(of.ids[id])
	of.host.take(told)
	return <-of.answers[id]
}

func TestAPluginSaysWhatTheVectorsOfTheHostSendAndTakesWhatTheyExpect(t *testing.T) {
	var vectors []hostVector
	readVectors(t, "host", &vectors)
	for _, vector := range vectors {
		t.Run(vector.Requirement+" "+vector.Name, func(t *testing.T) {
			talk, canceled := newTalk(), map[string]bool{}
			for _, each := range vector.Send {
				var found asked
				switch id := string(each.ID); {
				case each.Method == "$/cancelRequest":
					var params struct{ ID json.RawMessage }
					_ = json.Unmarshal(each.Params, &params)
					canceled[string(params.ID)] = true
					talk.cancels[string(params.ID)]()
					want := map[string]any{"id": talk.ids[string(params.ID)]}
					if found = <-talk.sent; found.ID != 0 || !reflect.DeepEqual(found.Params, want) {
						t.Errorf("%+v; want %v", found, want)
					}
					continue
				case id == "":
					talk.host.tell(each.Method, each.Params)
					if found = <-talk.sent; found.ID != 0 {
						t.Errorf("%s has the id %d", each.Method, found.ID)
					}
				default:
					found = talk.ask(id, each.Method, each.Params)
				}
				if found.Version != "2.0" || found.Method != each.Method || !reflect.DeepEqual(found.Params, each.Params) {
					t.Errorf("%+v; want %s %s", found, each.Method, each.Params)
				}
			}
			for _, told := range vector.Expect {
				got, want := talk.answer(told), errorOf(told)
				switch {
				case canceled[string(told.ID)]:
					if got.err != context.Canceled {
						t.Error(got.err)
					}
				case !reflect.DeepEqual(got.err, want):
					t.Errorf("%v; want %v", got.err, want)
				case want == nil && string(got.result) != string(told.Result):
					t.Errorf("%s; want %s", got.result, told.Result)
				}
			}
		})
	}
}

func TestAnAnswerMeansWhatTheVectorsSay(t *testing.T) {
	var vectors []struct {
		Name, Requirement string
		Message           message
		Meaning           struct {
			Result json.RawMessage
			Error  string
			Code   int
		}
	}
	readVectors(t, "answers", &vectors)
	for _, vector := range vectors {
		t.Run(vector.Requirement+" "+vector.Name, func(t *testing.T) {
			talk, want := newTalk(), vector.Meaning
			talk.ask("1", "Host.KV.Get", nil)
			got := talk.answer(vector.Message)
			if want.Code == 0 {
				want.Code = codeInternal
			}
			if want.Error == "" {
				if got.err != nil || string(got.result) != string(want.Result) {
					t.Errorf("%+v; want %s", got, want.Result)
				}
			} else if failed, ok := got.err.(*Error); !ok || failed.Message != want.Error || failed.Code != want.Code {
				t.Errorf("%+v; want %s (%d)", got.err, want.Error, want.Code)
			}
		})
	}
}
