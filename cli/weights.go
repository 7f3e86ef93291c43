package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/models/weights"
)

const weightsHelp = "Weights: a run folder, a .safetensors file or its index, a folder of a hub, or an .npz."

// weightsCommand holds the commands about files of weights.
type weightsCommand struct {
	Inspect weightsInspect `cmd:"" help:"List tensors with types and shapes, and count parameters by prefix."`
	Diff    weightsDiff    `cmd:"" help:"Compare two files tensor by tensor: names, shapes and numbers."`
	Average weightsAverage `cmd:"" help:"Average files of one model, such as checkpoints, as a model soup."`
	Convert weightsConvert `cmd:"" help:"Convert weights to transformers' safetensors: names, type and shards."`
}

// openWeights opens weights under transformers' names. A layout of "" is found by the names, and
// then logged if it is another than transformers'. Close the first file; read from the second.
func (con *console) openWeights(path, layout string) (file, named *weights.File, err error) {
	if file, err = con.openFile(path); err != nil {
		return nil, nil, err
	}
	if layout == "" {
		if layout = weights.LayoutOf(file); layout != "transformers" {
			con.info(fmt.Sprintf("%s has the names of %s; read under the names of transformers", path, layout))
		}
	}
	names, err := weights.LayoutNames(layout)
	if err == nil {
		named, err = names(file, nil)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, named, nil
}

// openFile opens a file or folder of weights, or a model of a hub.
func (con *console) openFile(name string) (*weights.File, error) {
	path, err := con.folder(name)
	if err != nil {
		return nil, err
	}
	return weights.OpenFile(path)
}

// warnOfLeftOut logs which tensors of a file are left out, and which are added: a line for each
// reason, with the first names.
func (con *console) warnOfLeftOut(f *weights.File) {
	for what, all := range map[string][]weights.Named{"ignored": f.Ignored(), "added": f.Added()} {
		names := map[string][]string{} // by reason
		for _, n := range all {
			names[n.Why] = append(names[n.Why], n.Name)
		}
		for _, why := range slices.Sorted(maps.Keys(names)) {
			con.warn(fmt.Sprintf("%s: %s %s (%s): %s", f.Path(), what, plural(len(names[why]), "tensor"), why, firstFew(names[why])))
		}
	}
}

func firstFew(names []string) string {
	if len(names) > 3 {
		names = append(slices.Clone(names[:3]), "...")
	}
	return strings.Join(names, ", ")
}

// byteSize is a flag for a number of bytes, such as 2GB. Units are powers of 1,000 as in
// transformers, or of 1,024 with an i: GiB.
type byteSize int64

func (b *byteSize) UnmarshalText(text []byte) error {
	number := strings.TrimRight(string(text), "KMGTiB")
	unit := strings.TrimSuffix(string(text[len(number):]), "B")
	size, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	base := 1000.0
	if power, binary := strings.CutSuffix(unit, "i"); binary {
		unit, base = power, 1024
	}
	at := strings.Index(" KMGT", " "+unit)
	if len(unit) == 1 {
		at = strings.Index(" KMGT", unit)
	}
	if err != nil || at < 0 || len(unit) > 1 || size <= 0 || size > 1e15 {
		return fmt.Errorf("%q is not a size such as 500MB, 2GB or 1GiB", text)
	}
	for range at {
		size *= base
	}
	if size < 1 || size > 1e18 {
		return fmt.Errorf("%q is not a size such as 500MB, 2GB or 1GiB", text)
	}
	*b = byteSize(size)
	return nil
}

// inBytes writes a number of bytes with a unit.
func inBytes(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	size := float64(n)
	for size >= 1024 && len(units) > 1 {
		size, units = size/1024, units[1:]
	}
	if units[0] == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", size, units[0])
}

// shapeText writes a shape as [2,3].
func shapeText(shape []int) string {
	words := make([]string, len(shape))
	for i, d := range shape {
		words[i] = strconv.Itoa(d)
	}
	return "[" + strings.Join(words, ",") + "]"
}
