package weights

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/safetensors"
)

const (
	ownFile    = "weights.safetensors"
	singleFile = "model.safetensors"
	indexFile  = "model.safetensors.index.json"
)

// shardName is how transformers names the parts of a model: model-00001-of-00003.safetensors.
var shardName = regexp.MustCompile(`^model-(\d{5})-of-(\d{5})\.safetensors$`)

// OpenFile opens weights: a .safetensors file, the .safetensors.index.json of several, an .npz
// archive of numpy, or a folder that holds weights.safetensors (a run of pali3), model.safetensors,
// an index, or model-00001-of-0000n.safetensors. It reads names and shapes only; memory is used
// when a tensor is read.
//
// It never reads pickle (.bin, .pt, .ckpt): the error says how to convert it.
func OpenFile(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening weights: %w", err)
	}
	if info.IsDir() {
		return openFolder(path)
	}
	if strings.HasSuffix(path, ".json") {
		return openIndex(path)
	}
	begin, err := beginning(path)
	if err != nil {
		return nil, fmt.Errorf("opening weights: %w", err)
	}
	if isPickle(path, begin) {
		return nil, fmt.Errorf("opening %s: it is a pickle, which can run code when it is read; %s", path, conversion(path))
	}
	switch {
	case strings.HasPrefix(begin, "\x89HDF"), strings.HasSuffix(path, ".msgpack"):
		return nil, fmt.Errorf("opening %s: not a .safetensors or .npz file; in transformers, load the model with from_tf=True or from_flax=True and call save_pretrained", path)
	case strings.HasPrefix(begin, "GGUF"):
		return nil, fmt.Errorf("opening %s: GGUF holds quantised weights, which are not supported; use the model's .safetensors files", path)
	case strings.HasPrefix(begin, "PK"):
		return openNPZ(path)
	}
	return openSafetensors(path)
}

// beginning returns the first bytes of a file.
func beginning(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	begin := make([]byte, 64)
	n, err := io.ReadFull(file, begin)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	return string(begin[:n]), nil
}

// isPickle reports whether a file is one of torch.save, by its name or its first bytes.
func isPickle(path, begin string) bool {
	switch filepath.Ext(path) {
	case ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle":
		return true
	}
	zipped := strings.HasPrefix(begin, "PK") && strings.Contains(begin, "/data.pkl") // its first member
	return zipped || strings.HasPrefix(begin, "\x80\x02") || strings.HasPrefix(begin, "\x80\x03") || strings.HasPrefix(begin, "\x80\x04")
}

// conversion returns the command that turns a file of torch.save into a safetensors file.
func conversion(path string) string {
	to := strings.TrimSuffix(path, filepath.Ext(path)) + ".safetensors"
	return fmt.Sprintf(`convert it: python -c "import torch; from safetensors.torch import save_file; `+
		`w = torch.load('%s', map_location='cpu', weights_only=True); `+
		`save_file({k: v.clone().contiguous() for k, v in w.items()}, '%s', {'format': 'pt'})"`, path, to)
}

// t5xConversion returns the command that turns a checkpoint of T5X into an .npz file.
func t5xConversion(dir string) string {
	dir = strings.TrimRight(dir, "/\\")
	return fmt.Sprintf(`where T5X is installed (github.com/google-research/t5x), convert it: python -c "import flax, numpy as np; from t5x import checkpoints; `+
		`w = checkpoints.load_t5x_checkpoint('%s')['target']; `+
		`np.savez('%s.npz', **{'target/' + k: np.asarray(v, np.float32) for k, v in flax.traverse_util.flatten_dict(w, sep='/').items()})"`, dir, dir)
}

// openFolder opens the weights of a folder.
func openFolder(dir string) (*File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("opening weights: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		} else if strings.HasPrefix(e.Name(), "target.") || strings.HasPrefix(e.Name(), "state.param_states.") {
			return nil, fmt.Errorf("opening %s: it is a checkpoint of T5X, whose arrays are folders of tensorstore (%s), which are not read; %s", dir, e.Name(), t5xConversion(dir))
		}
	}
	var f *File
	switch shards := matching(names, shardName.MatchString); {
	case slices.Contains(names, ownFile):
		f, err = openSafetensors(filepath.Join(dir, ownFile))
	case slices.Contains(names, singleFile):
		f, err = openSafetensors(filepath.Join(dir, singleFile))
	case slices.Contains(names, indexFile):
		f, err = openIndex(filepath.Join(dir, indexFile))
	case len(shards) > 0:
		f, err = openShards(dir, shards)
	default:
		f, err = openOnly(dir, names)
	}
	if err != nil {
		return nil, err
	}
	f.path = dir
	return f, nil
}

func matching(names []string, is func(string) bool) (all []string) {
	for _, name := range names {
		if is(name) {
			all = append(all, name)
		}
	}
	return all
}

// openOnly opens the only file of weights in a folder that has none under the usual names.
func openOnly(dir string, names []string) (*File, error) {
	known := matching(names, func(name string) bool {
		return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".safetensors") || strings.HasSuffix(name, ".npz"))
	})
	pickles := matching(names, func(name string) bool {
		return strings.HasPrefix(name, "pytorch_model") && strings.HasSuffix(name, ".bin")
	})
	switch {
	case len(known) == 1:
		return OpenFile(filepath.Join(dir, known[0]))
	case len(known) > 1:
		return nil, fmt.Errorf("opening %s: it has %d files of weights (%s) but none of %s, %s and %s: name the one to read",
			dir, len(known), strings.Join(shortList(known), ", "), ownFile, singleFile, indexFile)
	case len(pickles) > 0:
		return nil, fmt.Errorf("opening %s: its weights are pickles, which can run code when they are read; %s",
			dir, conversion(filepath.Join(dir, pickles[0])))
	}
	return nil, fmt.Errorf("opening %s: it has no weights: none of %s, %s, %s and *.npz: %w", dir, ownFile, singleFile, indexFile, fs.ErrNotExist)
}

// openShards opens the parts of a model that has no index. All must be there.
func openShards(dir string, names []string) (*File, error) {
	of := shardName.FindStringSubmatch(names[0])[2]
	count, _ := strconv.Atoi(of)
	f := &File{path: dir, metadata: map[string]string{}}
	var all []tensor
	for i := range min(count, maxShards) {
		name := fmt.Sprintf("model-%05d-of-%s.safetensors", i+1, of)
		file, err := safetensors.Open(filepath.Join(dir, name))
		if err != nil {
			f.Close()
			return nil, err
		}
		all = append(all, f.addSafetensors(file, func(string) bool { return true })...)
	}
	if len(names) != count {
		f.Close()
		return nil, fmt.Errorf("opening %s: it has %d files model-*.safetensors, their names say %d", dir, len(names), count)
	}
	if err := f.keep(all); err != nil {
		f.Close()
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	return f, nil
}
