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

// datasetHelp is the help of arguments that name a dataset.
const datasetHelp = "Dataset: a folder, or a URL of an object store (s3://, gs://, azblob://, file:///)."

// lockFor locks the folder or URL against other processes of this machine that would write to it.
func lockFor(to string) (*folderlock.Lock, error) {
	work, err := shards.WorkFolder(to)
	if err != nil {
		return nil, err
	}
	return folderlock.Take(work)
}

// deliver calls write with the folder to. If to is a URL, it calls write with an empty local
// folder, and then send to upload that folder.
func deliver(to string, write, send func(dir string) error) error {
	if !shards.IsURL(to) {
		return write(to)
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
	if err := os.RemoveAll(dir); err != nil { // left by a killed command
		return err
	}
	defer os.RemoveAll(dir)
	if err := write(dir); err != nil {
		return err
	}
	return send(dir)
}

// sendFiles uploads all files below a folder to an object store.
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

// mustBeEmpty returns an error if a folder or prefix has files.
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
