package shards

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Opener opens what a URL names. A store that is an io.Closer is closed with the dataset or writer
// that uses it.
type Opener func(ctx context.Context, url string) (WritableStore, error)

// Stores opens object stores by the scheme of their URLs, for example "s3". Its methods take the
// name of a dataset: a folder, or a URL with one of the schemes. With nil Stores every name is a
// folder. Package bucket has the Stores of the common providers.
//
// The ctx given to a method bounds all requests to the object store that the returned dataset,
// writer or store makes.
type Stores map[string]Opener

// OpenStore opens the folder or the object store of that name.
func (s Stores) OpenStore(ctx context.Context, name string) (WritableStore, error) {
	if !IsURL(name) {
		return folder(name), nil
	}
	scheme, _, _ := strings.Cut(name, "://")
	open := s[scheme]
	if open == nil && len(s) == 0 {
		return nil, fmt.Errorf("%s: this opens folders only; for object stores use the Stores of package bucket", name)
	}
	if open == nil {
		known := slices.Sorted(maps.Keys(s))
		return nil, fmt.Errorf("%s: unknown kind of object store %s: the known ones are %s", name, scheme, strings.Join(known, ", "))
	}
	store, err := open(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	return store, nil
}

// Open is the function [Open] for a folder or a URL.
func (s Stores) Open(ctx context.Context, name string) (*Dataset, error) {
	store, err := s.OpenStore(ctx, name)
	if err != nil {
		return nil, err
	}
	d, err := OpenFrom(ctx, store, name)
	if err != nil {
		return nil, errors.Join(err, closeStore(store))
	}
	return d, nil
}

// IsURL reports whether the name of a dataset is a URL rather than a folder.
func IsURL(name string) bool { return strings.Contains(name, "://") }

// WorkVariable is the environment variable that names the folder in which [WorkFolder] makes its
// folders.
const WorkVariable = "PALI3_WORK"

// WorkFolder returns the folder in which the files of a dataset are written: the dataset's own, or,
// for a URL, a folder of this machine below $PALI3_WORK or the user's cache. It also has what a
// killed writer needs to resume.
func WorkFolder(name string) (string, error) {
	if !IsURL(name) {
		return name, nil
	}
	base := os.Getenv(WorkVariable)
	if base == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no folder to write %s in: set %s: %w", name, WorkVariable, err)
		}
		base = filepath.Join(cache, "pali3", "writing")
	}
	return filepath.Join(base, Hash([]byte(name))[:24]), nil
}

// Below returns the name of a file or folder below a folder or URL.
func Below(parent, name string) string {
	if !IsURL(parent) {
		return filepath.Join(parent, name)
	}
	address, parameters, has := strings.Cut(parent, "?")
	address = strings.TrimRight(address, "/") + "/" + name
	if has {
		address += "?" + parameters
	}
	return address
}

// fileOf returns the name of a file of a dataset, for messages.
func fileOf(dataset, file string) string {
	if !IsURL(dataset) {
		return filepath.Join(dataset, file)
	}
	address, _, _ := strings.Cut(dataset, "?")
	return strings.TrimRight(address, "/") + "/" + file
}

// mustBeFolder returns an error for a URL.
func mustBeFolder(name, doing string) error {
	if IsURL(name) {
		return fmt.Errorf("%s %s: this works only in a folder: copy the dataset to a folder first, and back afterwards", doing, name)
	}
	return nil
}
