package plugin

import (
	"os"
	"syscall"
	"unsafe"
)

// pidfd_open has the same number on every architecture that Go has.
const pidfdOpen = 434

// parentGone is closed when the parent ends: another process may hold the pipes open. Without a kernel that can tell,
// the end of the input does.
func parentGone(watch bool) <-chan struct{} {
	gone := make(chan struct{})
	if !watch {
		return gone
	}
	fd, _, failed := syscall.RawSyscall(pidfdOpen, uintptr(os.Getppid()), 0, 0)
	if failed != 0 {
		return gone
	}
	go func() {
		wanted := struct {
			fd              int32
			events, revents int16
		}{fd: int32(fd), events: 1}
		for {
			_, _, failed := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&wanted)), 1, 0, 0, 0, 0)
			if failed == 0 {
				close(gone)
				return
			}
			if failed != syscall.EINTR {
				return
			}
		}
	}()
	return gone
}
