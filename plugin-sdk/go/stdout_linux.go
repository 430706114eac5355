package plugin

import (
	"os"
	"syscall"
)

// duplicateStdout moves fd 1 to a descriptor that children do not inherit, and points fd 1 at stderr.
func duplicateStdout() (*os.File, error) {
	wire, err := syscall.Dup(1)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(wire)
	// Dup2 is not there on arm64.
	if err := syscall.Dup3(2, 1, 0); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(wire), "wire"), nil
}
