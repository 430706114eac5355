package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

// readAuthorities gives what vouches for a broker: the system's authorities, or those of a file alone.
func readAuthorities(file string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return config, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("tls_ca: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("tls_ca: %s has no certificate in PEM format", file)
	}
	return config, nil
}

// encrypt shakes hands; the broker must prove that it is the one of the address.
func encrypt(plain net.Conn, address string, config *tls.Config) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	config = config.Clone()
	config.ServerName = host
	encrypted := tls.Client(plain, config)
	if err := encrypted.Handshake(); err != nil {
		return nil, describeHandshake(err)
	}
	return encrypted, nil
}

func describeHandshake(err error) error {
	var unknown x509.UnknownAuthorityError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("its certificate is signed by nobody whom this host trusts; tls_ca names a file with whom to trust (%w)", err)
	case errors.As(err, &noTLS), errors.Is(err, io.EOF):
		return errors.New("it does not speak TLS there: set tls to false, or take another listener")
	}
	return err
}
