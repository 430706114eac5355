package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"net"
	"strconv"
	"strings"
)

// A server that wants more rounds than this wants to keep the host busy.
const iterationLimit = 1_000_000

var errNoScram = errors.New("the login failed: the broker's answer is no SCRAM")

// logIn proves who asks, where the listener wants that (KIP-43, KIP-152).
func (s *session) logIn(connection net.Conn) error {
	mechanism := s.access.mechanism
	if mechanism == "" {
		return nil
	}
	request := &writer{}
	request.text(mechanism)
	answer, err := exchange(connection, apiSaslHandshake, 1, request.data)
	if err != nil {
		return err
	}
	if code := answer.int16(); code != 0 {
		offered := []string{}
		for i := answer.count(); i > 0; i-- {
			offered = append(offered, answer.text())
		}
		return fmt.Errorf("it does not take %s, but: %s", mechanism, strings.Join(offered, ", "))
	}
	switch mechanism {
	case "SCRAM-SHA-256":
		return s.scram(connection, sha256.New)
	case "SCRAM-SHA-512":
		return s.scram(connection, sha512.New)
	}
	_, err = authenticate(connection, "\x00"+s.access.user+"\x00"+s.access.password)
	return err
}

// authenticate takes one step of a login.
func authenticate(connection net.Conn, step string) (string, error) {
	request := &writer{}
	request.int32(int32(len(step)))
	request.data = append(request.data, step...)
	answer, err := exchange(connection, apiSaslAuthenticate, 0, request.data)
	if err != nil {
		return "", err
	}
	code, message := answer.int16(), answer.text()
	if answer.bad {
		return "", errNotKafka
	}
	if code != 0 {
		return "", fmt.Errorf("the login failed: %s", message)
	}
	return string(answer.take(answer.count())), nil
}

// scram logs in without telling the password, and checks that the broker knows it as well (RFC 5802).
func (s *session) scram(connection net.Conn, algorithm func() hash.Hash) error {
	random := make([]byte, 24)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	nonce := base64.StdEncoding.EncodeToString(random)
	user := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s.access.user)
	bare := "n=" + user + ",r=" + nonce
	first, err := authenticate(connection, "n,,"+bare)
	if err != nil {
		return err
	}
	proof, expected, err := prove(algorithm, s.access.password, nonce, bare, first)
	if err != nil {
		return err
	}
	final, err := authenticate(connection, proof)
	if err != nil {
		return err
	}
	if signature, err := base64.StdEncoding.DecodeString(fields(final)["v"]); err != nil || !hmac.Equal(signature, expected) {
		return errors.New("the login failed: the broker does not know the password itself")
	}
	return nil
}

// prove answers the server's first message; `expected` is the signature that its last one must have.
func prove(algorithm func() hash.Hash, password, nonce, bare, first string) (message string, expected []byte, err error) {
	told := fields(first)
	salt, saltErr := base64.StdEncoding.DecodeString(told["s"])
	iterations, countErr := strconv.Atoi(told["i"])
	if saltErr != nil || countErr != nil || iterations < 1 || !strings.HasPrefix(told["r"], nonce) {
		return "", nil, errNoScram
	}
	if iterations > iterationLimit {
		return "", nil, fmt.Errorf("the login failed: the broker asks for %d iterations", iterations)
	}
	sign := func(key, text []byte) []byte {
		mac := hmac.New(algorithm, key)
		mac.Write(text)
		return mac.Sum(nil)
	}
	salted := sign([]byte(password), append(salt, 0, 0, 0, 1))
	for last, i := salted, 1; i < iterations; i++ {
		last = sign([]byte(password), last)
		salted = exclusiveOr(salted, last)
	}
	withoutProof := "c=biws,r=" + told["r"]
	all := []byte(bare + "," + first + "," + withoutProof)
	clientKey := sign(salted, []byte("Client Key"))
	stored := algorithm()
	stored.Write(clientKey)
	proof := exclusiveOr(clientKey, sign(stored.Sum(nil), all))
	return withoutProof + ",p=" + base64.StdEncoding.EncodeToString(proof), sign(sign(salted, []byte("Server Key")), all), nil
}

func exclusiveOr(a, b []byte) []byte {
	found := make([]byte, len(a))
	for i := range a {
		found[i] = a[i] ^ b[i]
	}
	return found
}

// fields reads "r=…,s=…,i=…".
func fields(text string) map[string]string {
	found := map[string]string{}
	for _, each := range strings.Split(text, ",") {
		if key, value, ok := strings.Cut(each, "="); ok {
			found[key] = value
		}
	}
	return found
}
