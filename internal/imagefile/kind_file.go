package imagefile

import (
	"io"
	"os"
)

// KindOfFile names what the file at path is, as [Kind] does for its first bytes. For other paths it
// returns "a folder" or "a file that cannot be read".
func KindOfFile(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "a file that cannot be read"
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return "a folder"
	}
	first := make([]byte, 4096)
	n, err := io.ReadFull(f, first)
	if n == 0 && err != io.EOF {
		return "a file that cannot be read"
	}
	return Kind(first[:n])
}
