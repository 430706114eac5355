package plugin

import (
	"context"
	"time"
)

// File is what is told of a file that the daemon keeps.
type File struct {
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	SHA256   string    `json:"sha256"`
	Modified time.Time `json:"modified"`
	Data     []byte    `json:"data,omitempty"`
}

// A file goes in pieces of this size at most.
const chunkSize = 512 * 1024

// PutFile writes a whole file.
func (h *Host) PutFile(ctx context.Context, name string, data []byte) (File, error) {
	var told File
	for offset := 0; offset == 0 || offset < len(data); offset += chunkSize {
		end := offset + chunkSize
		if end > len(data) {
			end = len(data)
		}
		chunk := map[string]any{"name": name, "offset": offset, "data": data[offset:end]} // bytes become base64
		if err := h.Ask(ctx, "Host.Files.Put", chunk, &told); err != nil {
			return told, err
		}
	}
	return told, nil
}

// GetFile reads a whole file.
func (h *Host) GetFile(ctx context.Context, name string) ([]byte, error) {
	data := []byte{}
	for {
		var told File
		asked := map[string]any{"name": name, "offset": len(data), "length": chunkSize}
		if err := h.Ask(ctx, "Host.Files.Get", asked, &told); err != nil {
			return nil, err
		}
		data = append(data, told.Data...)
		if len(told.Data) == 0 || int64(len(data)) >= told.Size {
			return data, nil
		}
	}
}

// Files gives what is told of the files whose names start like that.
func (h *Host) Files(ctx context.Context, prefix string) ([]File, error) {
	var told struct{ Files []File }
	err := h.Ask(ctx, "Host.Files.List", map[string]any{"prefix": prefix}, &told)
	return told.Files, err
}

// DeleteFile removes a file.
func (h *Host) DeleteFile(ctx context.Context, name string) error {
	return h.Ask(ctx, "Host.Files.Delete", map[string]any{"name": name}, nil)
}
