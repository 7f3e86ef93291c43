package weights

import (
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/internal/safetensors"
)

const (
	// maxIndex is the most bytes of an index, enough for a million tensors.
	maxIndex = 256 << 20
	// maxShards is the most files of one model, each of which stays open.
	maxShards = 4096
)

// openIndex opens the files that an index of transformers names:
//
//	{"metadata": {"total_size": 8020}, "weight_map": {"logit_bias": "model-00001-of-00003.safetensors"}}
func openIndex(path string) (*File, error) {
	names, err := readIndex(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	f := &File{path: path, metadata: map[string]string{}}
	if err := f.openIndexed(filepath.Dir(path), names); err != nil {
		f.Close()
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return f, nil
}

// readIndex returns the file of each tensor.
func readIndex(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxIndex+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxIndex {
		return nil, fmt.Errorf("it has more than %d bytes", maxIndex)
	}
	return parseIndex(content)
}

func parseIndex(content []byte) (map[string]string, error) {
	var index struct {
		Metadata  jsontext.Value    `json:"metadata"`
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := jsonerr.Explain(jsonv2.Unmarshal(content, &index)); err != nil {
		return nil, err
	}
	if len(index.WeightMap) == 0 {
		return nil, errors.New("it has no weight_map: not an index of weights")
	}
	for _, tensor := range slices.Sorted(maps.Keys(index.WeightMap)) {
		if err := checkShard(index.WeightMap[tensor]); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", tensor, err)
		}
	}
	return index.WeightMap, nil
}

// checkShard returns an error if a name of a file leads out of the index's folder.
func checkShard(name string) error {
	switch {
	case name == "" || !filepath.IsLocal(name) || strings.ContainsAny(name, "\\:\x00"):
		return fmt.Errorf("file %q is outside of the index's folder", name)
	case strings.HasSuffix(name, ".bin"):
		return fmt.Errorf("file %q is a pickle, which can run code when it is read; %s", name, conversion(name))
	case !strings.HasSuffix(name, ".safetensors"):
		return fmt.Errorf("file %q is not a .safetensors file", name)
	}
	return nil
}

// openIndexed opens the files that hold the given tensors. The files' other tensors are ignored.
func (f *File) openIndexed(dir string, fileOf map[string]string) error {
	names := slices.Compact(slices.Sorted(maps.Values(fileOf)))
	if len(names) > maxShards {
		return fmt.Errorf("it names %d files, more than %d", len(names), maxShards)
	}
	roots, err := shardFolders(dir)
	if err != nil {
		return err
	}
	missing := maps.Clone(fileOf)
	var all []tensor
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := staysIn(path, roots); err != nil {
			return fmt.Errorf("file %q: %w", name, err)
		}
		file, err := safetensors.Open(path)
		if err != nil {
			return err
		}
		all = append(all, f.addSafetensors(file, func(tensor string) bool {
			if fileOf[tensor] != name {
				f.ignored = append(f.ignored, Named{tensor, "it is in " + name + ", but not in the index"})
				return false
			}
			delete(missing, tensor)
			return true
		})...)
	}
	for _, tensor := range slices.Sorted(maps.Keys(missing)) {
		return fmt.Errorf("%s does not have the tensor %q that the index says it has, nor %d others", missing[tensor], tensor, len(missing)-1)
	}
	return f.keep(all)
}

// shardFolders returns where the files of an index in dir may lie once links are followed: in dir
// and, in the cache of a hub, in the blobs that snapshots link to.
func shardFolders(dir string) ([]string, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return nil, err
	}
	roots := []string{root}
	if filepath.Base(filepath.Dir(root)) == "snapshots" {
		roots = append(roots, filepath.Join(filepath.Dir(filepath.Dir(root)), "blobs"))
	}
	return roots, nil
}

// staysIn returns an error if a link leads from path to outside of the folders.
func staysIn(path string, folders []string) error {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if within, err := filepath.Rel(folder, real); err == nil && filepath.IsLocal(within) {
			return nil
		}
	}
	return errors.New("it is a link that leads out of the index's folder")
}
