package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/safetensors"
)

// SaveOptions say how weights are written.
type SaveOptions struct {
	// DType of floating-point numbers: F32, BF16 or F16, rounded to nearest even. It is an error if
	// a number is too large. Default: F32 for a [Set], the type that they have for a [File].
	// Integers keep theirs.
	DType string
	// MaxShardBytes is the most bytes of tensors in a file; a larger tensor has a file of its own.
	// Default: no limit.
	MaxShardBytes int64
	// Names returns the name to write for ours. Default: ours.
	Names func(ours string) string
	// Metadata is added to the files' metadata.
	Metadata map[string]string
}

// SaveSharded writes the weights to a folder as transformers' save_pretrained does, in its layout:
// to model.safetensors or, if they take more than MaxShardBytes, to
// model-00001-of-0000n.safetensors and model.safetensors.index.json. It makes the folder.
//
// The index, or the only file, appears last and at once. It is an error if the folder has other
// weights already, unless both they and these are a single file.
func (s *Set) SaveSharded(dir string, o SaveOptions) error {
	dtype := safetensors.F32
	if o.DType != "" {
		dtype = safetensors.DType(o.DType)
	}
	all := make([]safetensors.Tensor, len(s.specs))
	for i, spec := range s.specs {
		all[i] = safetensors.Tensor{
			Name:   spec.Name,
			DType:  dtype,
			Shape:  spec.Layout.FileShape(spec.Shape),
			Encode: func() ([]byte, error) { return s.encode(i, dtype) },
		}
	}
	return saveFolder(dir, all, o)
}

// encode returns the bytes of a weight in a file.
func (s *Set) encode(i int, dtype safetensors.DType) ([]byte, error) {
	values, err := tensors.CopyFlatData[float32](s.values[i])
	if err != nil {
		return nil, err
	}
	return safetensors.Encode(dtype, s.specs[i].Layout.ToFile(values, s.specs[i].Shape))
}

// Save writes the weights as float32, in transformers' layout, to a safetensors file that appears
// only when it is complete. Metadata may be nil.
func (s *Set) Save(path string, metadata map[string]string) error {
	all := make([]safetensors.Tensor, len(s.specs))
	for i, spec := range s.specs {
		all[i] = safetensors.Tensor{
			Name:   spec.Name,
			DType:  safetensors.F32,
			Shape:  spec.Layout.FileShape(spec.Shape),
			Encode: func() ([]byte, error) { return s.encode(i, safetensors.F32) },
		}
	}
	return safetensors.Write(path, all, noted(metadata))
}

// noted adds the format to metadata, which transformers requires.
func noted(metadata map[string]string) map[string]string {
	note := map[string]string{"format": "pt"}
	maps.Copy(note, metadata)
	return note
}

// SaveSharded writes the file's tensors to a folder, as [Set.SaveSharded] does. A tensor is in
// memory only while it is written.
func (f *File) SaveSharded(dir string, o SaveOptions) error {
	all, err := f.outgoing(o)
	if err != nil {
		return err
	}
	return saveFolder(dir, all, o)
}

// Save writes the file's tensors to one safetensors file, which appears only when it is complete.
func (f *File) Save(path string, o SaveOptions) error {
	all, err := f.outgoing(o)
	if err != nil {
		return err
	}
	if o.MaxShardBytes > 0 {
		return fmt.Errorf("writing %s: a single file has no shards; name a folder", path)
	}
	if err := rename(all, o.Names); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return safetensors.Write(path, all, noted(o.Metadata))
}

// outgoing returns the tensors to write.
func (f *File) outgoing(o SaveOptions) ([]safetensors.Tensor, error) {
	all := make([]safetensors.Tensor, len(f.tensors))
	for i, t := range f.tensors {
		from := safetensors.DType(t.DType)
		to := from
		if o.DType != "" && from.Floating() {
			to = safetensors.DType(o.DType)
		}
		all[i] = safetensors.Tensor{Name: t.Name, DType: to, Shape: t.Shape, Encode: t.raw}
		if from == to && t.raw != nil {
			continue
		}
		all[i].Encode = func() ([]byte, error) {
			values, err := t.floats()
			if err != nil {
				return nil, err
			}
			return safetensors.Encode(to, values)
		}
	}
	return all, nil
}

func rename(all []safetensors.Tensor, names func(string) string) error {
	if names == nil {
		return nil
	}
	ours := map[string]string{}
	for i := range all {
		name := names(all[i].Name)
		if before, taken := ours[name]; taken {
			return fmt.Errorf("%s and %s are both named %s", before, all[i].Name, name)
		}
		ours[name], all[i].Name = all[i].Name, name
	}
	return nil
}

// saveFolder writes the tensors to the files of a folder, the index last.
func saveFolder(dir string, all []safetensors.Tensor, o SaveOptions) error {
	if err := rename(all, o.Names); err != nil {
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	shards, total, err := divide(all, o.MaxShardBytes)
	if err != nil {
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := checkEmpty(dir, len(shards)); err != nil {
		return err
	}
	if len(shards) == 1 {
		return safetensors.Write(filepath.Join(dir, singleFile), all, noted(o.Metadata))
	}
	index := shardIndex{Metadata: total, WeightMap: map[string]string{}}
	for i, shard := range shards {
		name := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(shards))
		if err := safetensors.Write(filepath.Join(dir, name), shard, noted(o.Metadata)); err != nil {
			return err
		}
		for _, t := range shard {
			index.WeightMap[t.Name] = name
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(index); err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, indexFile), text.Bytes())
}

// shardIndex is the content of model.safetensors.index.json.
type shardIndex struct {
	Metadata  totals            `json:"metadata"`
	WeightMap map[string]string `json:"weight_map"`
}

// totals are the sizes that transformers writes into an index.
type totals struct {
	Parameters int   `json:"total_parameters"`
	Bytes      int64 `json:"total_size"`
}

// divide splits the tensors into files, in their order, as huggingface_hub's
// split_torch_state_dict_into_shards does.
func divide(all []safetensors.Tensor, most int64) (shards [][]safetensors.Tensor, total totals, err error) {
	if len(all) == 0 {
		return nil, totals{}, errors.New("there are no weights to write")
	}
	var shard []safetensors.Tensor
	held := int64(0)
	for _, t := range all {
		e := Entry{DType: string(t.DType), Shape: t.Shape}
		size := e.Bytes()
		total.Parameters += e.Size()
		total.Bytes += size
		if most > 0 && size > most {
			shards = append(shards, []safetensors.Tensor{t})
			continue
		}
		if most > 0 && held+size > most {
			shards = append(shards, shard)
			shard, held = nil, 0
		}
		shard, held = append(shard, t), held+size
	}
	if len(shard) > 0 {
		shards = append(shards, shard)
	}
	if len(shards) > maxShards {
		return nil, totals{}, fmt.Errorf("%d files, more than %d: choose larger shards", len(shards), maxShards)
	}
	return shards, total, nil
}

// checkEmpty returns an error if a folder has weights that would remain beside new ones, or that
// would be mixed with them were the process killed.
func checkEmpty(dir string, shards int) error {
	for _, name := range []string{singleFile, indexFile} {
		if name == singleFile && shards == 1 {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("writing %s: it already has %s; write to another folder, or remove its weights first", dir, name)
		}
	}
	return nil
}
