package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/shards"
)

// datasetHelp is what commands say of an argument that is a dataset.
const datasetHelp = "Dataset: a folder, or a URL of an object store (s3://, gs://, azblob://, file:///)."

// lockFor keeps other processes of this machine from writing to the folder or URL.
func lockFor(to string) (*folderlock.Lock, error) {
	work, err := shards.WorkFolder(to)
	if err != nil {
		return nil, err
	}
	return folderlock.Take(work)
}

// deliver calls make with the folder that to names; if it is a URL, with an empty folder of this
// machine, for send to take from there.
func deliver(to string, make, send func(dir string) error) error {
	if !shards.IsURL(to) {
		return make(to)
	}
	lock, err := lockFor(to)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	work, err := shards.WorkFolder(to)
	if err != nil {
		return err
	}
	dir := filepath.Join(work, "whole")
	if err := os.RemoveAll(dir); err != nil { // of a command that was killed
		return err
	}
	defer os.RemoveAll(dir)
	if err := make(dir); err != nil {
		return err
	}
	return send(dir)
}

// sendFiles moves all files below a folder to an object store.
func (con *console) sendFiles(dir, to string) error {
	ctx := con.ctx
	store, err := con.program.Stores.OpenStore(ctx, to)
	if err != nil {
		return err
	}
	if closer, ok := store.(io.Closer); ok {
		defer closer.Close()
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if err := sendFile(ctx, store, path, filepath.ToSlash(name)); err != nil {
			return fmt.Errorf("moving %s to %s: %w", path, to, err)
		}
		return nil
	})
}

func sendFile(ctx context.Context, store shards.WritableStore, path, name string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	digest := sha256.New()
	size, err := io.Copy(digest, file)
	if err != nil {
		return err
	}
	return store.Put(ctx, shards.File{Name: name, Bytes: size, SHA256: hex.EncodeToString(digest.Sum(nil))}, file)
}

// mustBeEmpty refuses a folder or prefix that has files.
func (con *console) mustBeEmpty(to string) error {
	store, err := con.program.Stores.OpenStore(con.ctx, to)
	if err != nil {
		return err
	}
	if closer, ok := store.(io.Closer); ok {
		defer closer.Close()
	}
	if names, err := store.List(con.ctx); err == nil && len(names) > 0 {
		return fmt.Errorf("%s is not empty", to)
	}
	return nil
}
