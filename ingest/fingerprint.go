package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/shards"
)

// isStream reports whether a file can be read only once and from its beginning: a pipe, or "-", the
// standard input.
func isStream(file string) bool {
	if file == "-" {
		return true
	}
	info, err := os.Stat(file)
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) != 0
}

// openStream opens a file, an object of a store, a pipe, or, for "-", the standard input.
func openStream(file string) (input, error) {
	if file == "-" {
		return os.Stdin, nil
	}
	return openInput(file)
}

// fingerprintFiles hashes the paths, sizes and times of files. Of a stream the name is all there
// is: who resumes has to give the same one again, from its beginning.
func fingerprintFiles(files ...string) (string, error) {
	digest := sha256.New()
	for _, file := range files {
		if isStream(file) {
			fmt.Fprintf(digest, "stream %q\n", file)
			continue
		}
		if shards.IsURL(file) {
			version, err := versionOf(file)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(digest, "%q %s\n", file, version)
			continue
		}
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		path, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(digest, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}
