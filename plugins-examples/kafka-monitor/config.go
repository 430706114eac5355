package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
)

type config struct {
	Broker               string   `json:"broker"`
	Topics               []string `json:"topics"`
	Groups               []string `json:"groups"`
	MaxLag               int64    `json:"max_lag"`
	MaxMessagesPerSecond float64  `json:"max_messages_per_second"`
	TLS                  bool     `json:"tls"`
	TLSCA                string   `json:"tls_ca"`
	SASLMechanism        string   `json:"sasl_mechanism"`
	SASLUser             string   `json:"sasl_user"`
	SASLPassword         string   `json:"sasl_password"`
	IfDown               string   `json:"if_down"`
}

func defaults() config {
	return config{Broker: "127.0.0.1:9092", Topics: []string{"*"}, IfDown: "unknown"}
}

// parseConfig reads the configuration and what it takes to get in. Its errors never repeat a password.
func parseConfig(raw json.RawMessage) (config, access, error) {
	found := defaults()
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &found); err != nil {
			return config{}, access{}, err
		}
	}
	for _, each := range found.Topics {
		if _, err := path.Match(each, ""); err != nil {
			return config{}, access{}, fmt.Errorf("topics: %s: %w", each, err)
		}
	}
	in := access{mechanism: found.SASLMechanism, user: found.SASLUser, password: found.SASLPassword}
	if in.mechanism == "" && (in.user != "" || in.password != "") {
		return config{}, access{}, errors.New("sasl_user and sasl_password need a sasl_mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
	}
	if in.mechanism != "" && (in.user == "" || in.password == "") {
		return config{}, access{}, fmt.Errorf("sasl_mechanism %s needs sasl_user and sasl_password", in.mechanism)
	}
	if !found.TLS {
		if found.TLSCA != "" {
			return config{}, access{}, errors.New("tls_ca is of use only with tls: true")
		}
		return found, in, nil
	}
	var err error
	in.tls, err = readAuthorities(found.TLSCA)
	return found, in, err
}

// wants says whether a topic counts.
func (c config) wants(topic string) bool {
	for _, each := range c.Topics {
		if matches, _ := path.Match(each, topic); matches {
			return true
		}
	}
	return false
}

// isName says whether an entry of `topics` means one topic, and is no pattern.
func isName(topic string) bool { return !strings.ContainsAny(topic, `*?[\`) }
