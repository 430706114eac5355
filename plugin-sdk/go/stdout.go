package plugin

import (
	"io"
	"os"
	"sync"
)

// lockedWriter keeps the messages of concurrent answers whole.
type lockedWriter struct {
	guard sync.Mutex
	out   io.Writer
}

func (w *lockedWriter) Write(data []byte) (int, error) {
	w.guard.Lock()
	defer w.guard.Unlock()
	return w.out.Write(data)
}

// takeStdout keeps stdout for the protocol. What else is printed, by the plugin or by programs that it starts, goes to
// stderr.
func takeStdout() (io.Writer, error) {
	wire, err := duplicateStdout()
	if err != nil {
		return nil, err
	}
	os.Stdout = os.Stderr
	return &lockedWriter{out: wire}, nil
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
