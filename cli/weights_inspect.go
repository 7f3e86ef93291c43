package cli

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/weights"
)

type weightsInspect struct {
	Weights string `arg:"" help:"${weights}"`
	Names   string `enum:"stored,transformers,big_vision,t5x" default:"stored" help:"Show names and shapes as stored, or those of transformers for a file of the given layout (${enum})."`
	Depth   int    `default:"2" help:"How many parts of a name are a prefix to count by."`
	Values  bool   `help:"Read all numbers: print least, greatest, mean and deviation, and count those that are not finite."`
	JSON    bool   `help:"Print one JSON object."`
}

// inspected is what inspect prints as JSON.
type inspected struct {
	Path     string            `json:"path"`
	Layout   string            `json:"layout"`  // transformers, big_vision or t5x
	Tensors  []inspectedTensor `json:"tensors"` // sorted by name, numbers by value
	Prefixes []inspectedTotal  `json:"prefixes"`
	DTypes   []inspectedTotal  `json:"dtypes"`
	Total    inspectedTotal    `json:"total"`
	Ignored  []weights.Named   `json:"ignored"`
	Metadata map[string]string `json:"metadata"`
}

type inspectedTensor struct {
	Name       string           `json:"name"`
	DType      string           `json:"dtype"`
	Shape      []int            `json:"shape"`
	Parameters int64            `json:"parameters"`
	Bytes      int64            `json:"bytes"`
	Values     *inspectedValues `json:"values,omitempty"`
}

// inspectedValues are of the finite numbers.
type inspectedValues struct {
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
	NotFinite int     `json:"not_finite"`
}

type inspectedTotal struct {
	Name       string `json:"name,omitempty"`
	Tensors    int    `json:"tensors"`
	Parameters int64  `json:"parameters"`
	Bytes      int64  `json:"bytes"`
}

func (c weightsInspect) Run(con *console) error {
	file, err := con.openFile(c.Weights)
	if err != nil {
		return err
	}
	defer file.Close()
	named := file
	if c.Names != "stored" {
		names, err := weights.LayoutNames(c.Names)
		if err != nil {
			return err
		}
		if named, err = names(file, nil); err != nil {
			return err
		}
	}
	all, err := c.inspect(named)
	if err != nil {
		return err
	}
	all.Layout = weights.LayoutOf(file)
	if c.JSON {
		return con.printJSON(all)
	}
	con.printInspected(all, c.Values)
	con.warnOfLeftOut(named)
	return nil
}

func (c weightsInspect) inspect(f *weights.File) (inspected, error) {
	all := inspected{Path: f.Path(), Metadata: f.Metadata(), Ignored: f.Ignored()}
	if all.Ignored == nil {
		all.Ignored = []weights.Named{}
	}
	if all.Metadata == nil {
		all.Metadata = map[string]string{}
	}
	prefixes, dtypes := map[string]inspectedTotal{}, map[string]inspectedTotal{}
	entries := f.Entries()
	slices.SortFunc(entries, func(a, b weights.Entry) int { return compareNumbered(a.Name, b.Name) })
	for _, e := range entries {
		t := inspectedTensor{Name: e.Name, DType: e.DType, Shape: e.Shape, Parameters: int64(e.Size()), Bytes: e.Bytes()}
		if e.Shape == nil {
			t.Shape = []int{}
		}
		if c.Values && (strings.HasPrefix(e.DType, "F") || e.DType == "BF16") {
			values, err := f.Float32(e.Name)
			if err != nil {
				return all, err
			}
			t.Values = summary(values)
		}
		all.Tensors = append(all.Tensors, t)
		prefix := prefixOf(e.Name, c.Depth)
		prefixes[prefix] = prefixes[prefix].plus(t)
		dtypes[e.DType] = dtypes[e.DType].plus(t)
		all.Total = all.Total.plus(t)
	}
	all.Prefixes, all.DTypes = totals(prefixes), totals(dtypes)
	return all, nil
}

func (a inspectedTotal) plus(t inspectedTensor) inspectedTotal {
	a.Tensors++
	a.Parameters += t.Parameters
	a.Bytes += t.Bytes
	return a
}

func totals(of map[string]inspectedTotal) (all []inspectedTotal) {
	for _, name := range slices.SortedFunc(maps.Keys(of), compareNumbered) {
		total := of[name]
		total.Name = name
		all = append(all, total)
	}
	return all
}

// prefixOf returns the first parts of a name, which dots or slashes separate, without the last.
func prefixOf(name string, depth int) string {
	end := 0
	for i, r := range name {
		if r != '.' && r != '/' {
			continue
		}
		if depth--; depth < 0 {
			break
		}
		end = i
	}
	if end == 0 {
		return name
	}
	return name[:end]
}

// compareNumbered compares names so that layers.2 is before layers.10.
func compareNumbered(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x != "" && y != "" {
			left, right := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if order := cmp.Or(cmp.Compare(len(left), len(right)), strings.Compare(left, right)); order != 0 {
				return order
			}
			a, b = a[len(x):], b[len(y):]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits returns the digits that a string begins with.
func digits(s string) string {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	return s[:end]
}

func summary(values []float32) *inspectedValues {
	s := inspectedValues{}
	n, sum, squares := 0, 0.0, 0.0
	for _, value := range values {
		v := float64(value)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			s.NotFinite++
			continue
		}
		if n == 0 {
			s.Min, s.Max = v, v
		}
		s.Min, s.Max = min(s.Min, v), max(s.Max, v)
		n, sum, squares = n+1, sum+v, squares+v*v
	}
	if n > 0 {
		s.Mean = sum / float64(n)
		s.Deviation = math.Sqrt(max(squares/float64(n)-s.Mean*s.Mean, 0))
	}
	return &s
}

func (con *console) printInspected(all inspected, values bool) {
	width := 0
	for _, t := range all.Tensors {
		width = max(width, len(t.Name))
	}
	for _, p := range all.Prefixes {
		width = max(width, len(p.Name))
	}
	for _, t := range all.Tensors {
		con.printf("%-*s  %-5s %-20s %15s", width, t.Name, t.DType, shapeText(t.Shape), grouped(t.Parameters))
		if v := t.Values; v != nil {
			con.printf("  %11.4g to %-11.4g mean %-11.4g deviation %-11.4g", v.Min, v.Max, v.Mean, v.Deviation)
			if v.NotFinite > 0 {
				con.printf(" %d not finite", v.NotFinite)
			}
		}
		con.println()
	}
	con.printf("\n%-*s  %8s %31s %12s\n", width, "prefix", "tensors", "parameters", "size")
	for _, p := range all.Prefixes {
		con.printf("%-*s  %8d %31s %12s\n", width, p.Name, p.Tensors, grouped(p.Parameters), inBytes(p.Bytes))
	}
	con.println()
	for _, d := range all.DTypes {
		con.printf("%-*s  %8d %31s %12s\n", width, d.Name, d.Tensors, grouped(d.Parameters), inBytes(d.Bytes))
	}
	con.printf("%-*s  %8d %31s %12s\n", width, "total", all.Total.Tensors, grouped(all.Total.Parameters), inBytes(all.Total.Bytes))
}
