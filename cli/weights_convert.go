package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/models/weights"
)

type weightsConvert struct {
	Weights  string            `arg:"" help:"${weights}"`
	Out      string            `arg:"" help:"${weightsOut}"`
	Names    string            `enum:"auto,transformers,big_vision,t5x" default:"auto" help:"Layout of the weights to convert; auto finds it by their names (${enum})."`
	Prefixes map[string]string `name:"prefix" placeholder:"FROM=TO" help:"Take the tensors under a prefix, and put them under another, which may be empty."`
	weightsOut
}

func (c weightsConvert) Run(con *console) error {
	layout := c.Names
	if layout == "auto" {
		layout = ""
	}
	file, named, err := con.openWeights(c.Weights, layout)
	if err != nil {
		return err
	}
	defer file.Close()
	if len(c.Prefixes) > 0 {
		if named, err = weights.Prefixed(c.Prefixes)(named, nil); err != nil {
			return err
		}
	}
	con.warnOfLeftOut(named)
	if err := c.write(con, named, c.Out); err != nil {
		return err
	}
	if len(c.Prefixes) > 0 || strings.HasSuffix(c.Out, ".safetensors") {
		return nil
	}
	return con.copyBeside(file.Path(), c.Out)
}

// written is what convert and average print as JSON.
type written struct {
	Out        string   `json:"out"`
	Files      []string `json:"files"`
	Tensors    int      `json:"tensors"`
	Parameters int64    `json:"parameters"`
}

// write writes weights to a path that must not exist.
func (o weightsOut) write(con *console, f *weights.File, out string) error {
	if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s exists; name another path, or remove it first", out)
		}
		return err
	}
	options := weights.SaveOptions{
		DType:         map[string]string{"f32": "F32", "bf16": "BF16", "f16": "F16"}[o.DType],
		MaxShardBytes: int64(o.ShardSize),
	}
	save := f.SaveSharded
	if strings.HasSuffix(out, ".safetensors") {
		save = f.Save
	}
	if err := save(out, options); err != nil {
		return err
	}
	result := written{Out: out, Files: []string{filepath.Base(out)}, Tensors: len(f.Entries())}
	if found, _ := filepath.Glob(filepath.Join(out, "*.safetensors")); len(found) > 0 {
		result.Files = nil
		for _, path := range found {
			result.Files = append(result.Files, filepath.Base(path))
		}
	}
	for _, e := range f.Entries() {
		result.Parameters += int64(e.Size())
	}
	if o.JSON {
		return con.printJSON(result)
	}
	con.printf("wrote %s, %s parameters, to %s (%s)\n", plural(result.Tensors, "tensor"), grouped(result.Parameters), out, plural(len(result.Files), "file"))
	return nil
}

// copyBeside copies the files of a hub's folder that belong to the weights: configs and tokenizers.
func (con *console) copyBeside(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil // a file, not a folder
	}
	var copied []string
	for _, e := range entries {
		name := e.Name()
		belongs := strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".index.json") ||
			strings.HasSuffix(name, ".model") || strings.HasSuffix(name, ".jinja") || name == "merges.txt" || name == "vocab.txt"
		if !belongs || strings.HasPrefix(name, ".") || e.IsDir() {
			continue
		}
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
		copied = append(copied, name)
	}
	if len(copied) > 0 {
		con.info("copied " + strings.Join(copied, ", "))
	}
	return nil
}

func copyFile(from, to string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	return atomicfile.Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, file)
		return err
	})
}
