package main

import (
	"encoding/binary"
	"fmt"
)

// Kafka's requests, in versions that every broker from 0.11 to 4 takes (KIP-896).
const (
	apiListOffsets      = 2
	apiMetadata         = 3
	apiOffsetFetch      = 9
	apiFindCoordinator  = 10
	apiSaslHandshake    = 17
	apiSaslAuthenticate = 36
)

// writer builds a request.
type writer struct{ data []byte }

func (w *writer) int8(value int8)   { w.data = append(w.data, byte(value)) }
func (w *writer) int16(value int16) { w.data = binary.BigEndian.AppendUint16(w.data, uint16(value)) }
func (w *writer) int32(value int32) { w.data = binary.BigEndian.AppendUint32(w.data, uint32(value)) }
func (w *writer) int64(value int64) { w.data = binary.BigEndian.AppendUint64(w.data, uint64(value)) }
func (w *writer) text(value string) {
	w.int16(int16(len(value)))
	w.data = append(w.data, value...)
}

// reader takes an answer apart. After its end it gives zeros, and `bad` is set.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) take(count int) []byte {
	if count < 0 || count > len(r.data) {
		r.bad, r.data = true, nil
		return make([]byte, 8)
	}
	piece := r.data[:count]
	r.data = r.data[count:]
	return piece
}

func (r *reader) int8() int8   { return int8(r.take(1)[0]) }
func (r *reader) int16() int16 { return int16(binary.BigEndian.Uint16(r.take(2))) }
func (r *reader) int32() int32 { return int32(binary.BigEndian.Uint32(r.take(4))) }
func (r *reader) int64() int64 { return int64(binary.BigEndian.Uint64(r.take(8))) }

// text reads a string; one that is null is empty.
func (r *reader) text() string {
	size := r.int16()
	if size < 0 {
		return ""
	}
	return string(r.take(int(size)))
}

// count is the length of a list, which cannot be longer than what is left.
func (r *reader) count() int {
	found := int(r.int32())
	if found > len(r.data) {
		r.bad = true
		return 0
	}
	return found
}

// describeCode says what an error's number means, of those that a monitor meets.
func describeCode(code int16) string {
	names := map[int16]string{
		5: "it has no leader", 6: "its leader has moved", 14: "its coordinator is loading", 15: "it has no coordinator yet",
		16: "its coordinator has moved", 29: "this user may not describe the topic", 30: "this user may not describe the group",
		31: "this user may not describe the cluster",
	}
	if name, known := names[code]; known {
		return name
	}
	return fmt.Sprintf("Kafka's error %d", code)
}
