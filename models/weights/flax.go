package weights

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// flax is a tree of flax parameters that is being turned into tensors of transformers' names. Paths
// are joined by slashes.
type flax struct {
	file *File
	left map[string]tensor // not turned yet
	out  []tensor

	ignored, added []Named
	err            error // the first
}

// openFlax returns the parameters of a file: those under "params/" (after optax), "opt/target/" (a
// flax optimizer) or "target/" (T5X), or all.
func openFlax(f *File) *flax {
	x := &flax{file: f, left: map[string]tensor{}}
	root := ""
	for _, prefix := range []string{"target/", "opt/target/", "params/"} {
		if slices.ContainsFunc(f.tensors, func(t tensor) bool { return strings.HasPrefix(t.Name, prefix) }) {
			root = prefix
		}
	}
	for _, t := range f.tensors {
		path, under := strings.CutPrefix(t.Name, root)
		if !under {
			x.ignored = append(x.ignored, Named{t.Name, "it is not a parameter: it is outside of " + root})
			continue
		}
		x.left[path] = t
	}
	return x
}

// view returns the file of the tensors turned. Those left keep their own names.
func (x *flax) view() (*File, error) {
	if x.err != nil {
		return nil, fmt.Errorf("reading %s: %w", x.file.path, x.err)
	}
	v, err := x.file.view(slices.AppendSeq(x.out, maps.Values(x.left)))
	if err != nil {
		return nil, err
	}
	v.ignored = append(v.ignored, x.ignored...)
	v.added = append(v.added, x.added...)
	return v, nil
}

func (x *flax) has(path string) bool {
	_, ok := x.left[path]
	return ok
}

// hasUnder reports whether a path begins with the prefix.
func (x *flax) hasUnder(prefix string) bool {
	for path := range x.left {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// take removes a tensor from the tree, if it is there.
func (x *flax) take(path string) (tensor, bool) {
	t, ok := x.left[path]
	delete(x.left, path)
	return t, ok
}

// put keeps a tensor under its new name.
func (x *flax) put(name string, t tensor, err error) {
	if err != nil {
		x.err = cmp.Or(x.err, err)
		return
	}
	x.out = append(x.out, t.named(name))
}

// change turns a tensor of the tree, if it is there.
type change func(tensor) (tensor, error)

func (x *flax) move(path, name string, how change) {
	if t, ok := x.take(path); ok {
		t, err := how(t)
		x.put(name, t, err)
	}
}

func asIs(t tensor) (tensor, error) { return t, nil }

// flat returns a vector.
func flat(t tensor) (tensor, error) { return t.reshaped(t.Size()) }

// kernel transposes the kernel [in, out] of a flax Dense.
func kernel(t tensor) (tensor, error) { return t.permuted(1, 0) }

// kernelToHeads turns [in, heads, size] into [heads·size, in].
func kernelToHeads(t tensor) (tensor, error) {
	if len(t.Shape) != 3 {
		return tensor{}, fmt.Errorf("%s has shape %v, want [width, heads, size]", t.Name, t.Shape)
	}
	t, err := t.reshaped(t.Shape[0], t.Shape[1]*t.Shape[2])
	if err != nil {
		return tensor{}, err
	}
	return t.permuted(1, 0)
}

// kernelFromHeads turns [heads, size, out] into [out, heads·size].
func kernelFromHeads(t tensor) (tensor, error) {
	if len(t.Shape) != 3 {
		return tensor{}, fmt.Errorf("%s has shape %v, want [heads, size, width]", t.Name, t.Shape)
	}
	t, err := t.reshaped(t.Shape[0]*t.Shape[1], t.Shape[2])
	if err != nil {
		return tensor{}, err
	}
	return t.permuted(1, 0)
}

// dense moves a flax Dense.
func (x *flax) dense(path, name string) {
	x.move(path+"/kernel", name+".weight", kernel)
	x.move(path+"/bias", name+".bias", asIs)
}

// norm moves a flax LayerNorm.
func (x *flax) norm(path, name string) {
	x.move(path+"/scale", name+".weight", asIs)
	x.move(path+"/bias", name+".bias", asIs)
}

// rename moves all tensors under a path to another.
func (x *flax) rename(from, to string) {
	for _, path := range slices.Sorted(maps.Keys(x.left)) {
		rest, under := strings.CutPrefix(path, from)
		if !under || rest != "" && rest[0] != '/' {
			continue
		}
		if x.has(to + rest) {
			x.err = cmp.Or(x.err, fmt.Errorf("it has both %s and %s", path, to+rest))
		}
		x.left[to+rest], _ = x.take(path)
	}
}

// Limits of checkpoints, far above those of any model.
const (
	maxDepth   = 1024    // layers
	maxTensors = 1 << 16 // once scanned layers are divided
	maxNested  = 64      // parts of a path
)

// unscan divides the tensors under a path, one of whose axes is the layer, into those under to_0,
// to_1, ... (big_vision's scan_to_pyloop).
func (x *flax) unscan(path, to string, axis int) {
	depth := -1
	for _, inside := range slices.Sorted(maps.Keys(x.left)) {
		rest, under := strings.CutPrefix(inside, path+"/")
		if !under {
			continue
		}
		t, _ := x.take(inside)
		if len(t.Shape) <= axis || t.Shape[axis] > maxDepth || depth >= 0 && t.Shape[axis] != depth {
			x.err = cmp.Or(x.err, fmt.Errorf("%s has shape %v, want the layers as axis %d: %d, and at most %d", t.Name, t.Shape, axis, depth, maxDepth))
			return
		}
		if depth = t.Shape[axis]; len(x.left)+depth > maxTensors {
			x.err = cmp.Or(x.err, fmt.Errorf("%s and those beside it have more than %d tensors in their layers", path, maxTensors))
			return
		}
		t = t.first(axis)
		for i := range depth {
			x.left[fmt.Sprintf("%s_%d/%s", to, i, rest)] = t.slice(i)
		}
	}
}

// numbered is the name of a submodule without a name of its own.
var numbered = regexp.MustCompile(`^(.*)_(\d+)$`)

// renumber counts the submodules of each class apart, as flax.linen does. Before linen, flax
// counted all submodules of a module together: LayerNorm_0, MlpBlock_1, LayerNorm_2
// (flax.training.checkpoints.convert_pre_linen).
func (x *flax) renumber() {
	children := map[string]map[string]bool{}
	for path := range x.left {
		parts := strings.Split(path, "/")
		if len(parts) > maxNested {
			x.err = cmp.Or(x.err, fmt.Errorf("%.100q has %d parts, more than %d", path, len(parts), maxNested))
			return
		}
		for i, part := range parts {
			parent := strings.Join(parts[:i], "/")
			if children[parent] == nil {
				children[parent] = map[string]bool{}
			}
			children[parent][part] = true
		}
	}
	linen := map[string]string{} // by the old path
	for parent, names := range children {
		numbers := map[string][]int{}
		for name := range names {
			if match := numbered.FindStringSubmatch(name); match != nil {
				if number, err := strconv.Atoi(match[2]); err == nil {
					numbers[match[1]] = append(numbers[match[1]], number)
				}
			}
		}
		for class, old := range numbers {
			slices.Sort(old)
			for i, number := range old {
				linen[fmt.Sprintf("%s/%s_%d", parent, class, number)] = fmt.Sprintf("%s_%d", class, i)
			}
		}
	}
	renamed := map[string]tensor{}
	for path, t := range x.left {
		parts := strings.Split(path, "/")
		now := slices.Clone(parts)
		for i, part := range parts {
			if name, ok := linen[strings.Join(parts[:i], "/")+"/"+part]; ok {
				now[i] = name
			}
		}
		renamed[strings.Join(now, "/")] = t
	}
	x.left = renamed
}
