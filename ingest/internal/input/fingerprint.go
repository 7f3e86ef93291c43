package input

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/shards"
)

// IsStream reports whether a file can be read only once, from its beginning: a pipe, or "-" for
// standard input.
func IsStream(file string) bool {
	if file == "-" {
		return true
	}
	info, err := os.Stat(file)
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) != 0
}

// OpenStream opens a file, an object in a store, a pipe, or, for "-", standard input.
func OpenStream(stores shards.Stores, file string) (File, error) {
	if file == "-" {
		return os.Stdin, nil
	}
	return Open(stores, file)
}

// FingerprintFiles hashes the paths, sizes and times of files. For a stream it hashes only the
// name: a resumed run must be given the same stream from its beginning.
func FingerprintFiles(stores shards.Stores, files ...string) (string, error) {
	digest := sha256.New()
	for _, file := range files {
		if IsStream(file) {
			fmt.Fprintf(digest, "stream %q\n", file)
			continue
		}
		if shards.IsURL(file) {
			version, err := versionOf(stores, file)
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

// folderVersion changes whenever the same folder gives different records, so that no run resumes
// one that an earlier version began.
const folderVersion = 3

// FingerprintFolder hashes the paths, sizes and times of the files below a folder, and the source's
// options.
func FingerprintFolder(dir, options string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	var all strings.Builder
	fmt.Fprintln(&all, "folder", folderVersion)
	all.WriteString(options)
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // counted as a reject when it is read
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintf(&all, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return shards.Hash([]byte(all.String())), err
}

// CheckFolder returns an error if dir is not an existing folder.
func CheckFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	return nil
}
