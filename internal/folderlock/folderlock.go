// Package folderlock keeps two processes from writing to one folder. The lock ends with the
// process, however it ends.
package folderlock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Name is the file that the lock is on. It stays when the lock ends.
const Name = ".lock"

// ErrTaken is wrapped by the error of a folder that another process writes to.
var ErrTaken = errors.New("another process is writing to it")

// Lock is held until Unlock or the end of the process.
type Lock struct{ file *os.File }

// Take locks the folder, which it makes if it is not there.
func Take(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return lock(filepath.Join(dir, Name), dir)
}

// TakeFile locks a file, which it makes if it is not there, against other processes that call
// TakeFile.
func TakeFile(path string) (*Lock, error) { return lock(path, path) }

// lock locks a file; name is for messages.
func lock(path, name string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", name, err)
	}
	if err := take(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("locking %s: %w", name, err)
	}
	return &Lock{file}, nil
}

// Unlock ends the lock. It may be called again.
func (l *Lock) Unlock() error {
	if l.file == nil {
		return nil
	}
	file := l.file
	l.file = nil
	return file.Close()
}
