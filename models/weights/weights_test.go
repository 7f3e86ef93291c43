package weights

import (
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
)

// twoLayers is a model of five weights, one of them shared.
func twoLayers(s *Scope) *graph.Node {
	x := s.Input(dtypes.Float32, 1, 12)
	x = graph.Dot(x, s.In("vision").Weight(Spec{
		Name: "patch", Shape: []int{12, 3}, Init: FanInTruncated(12), Decay: true, Layout: PatchKernel,
	})).Product()
	for i := range 2 {
		layer := s.In("layers", i)
		x = graph.Dot(x, layer.Kernel("fc.weight", 3, 3, XavierUniform(3, 3))).Product()
		x = graph.Add(x, graph.InsertAxes(layer.Vector("fc.bias", 3, Ones()), 0))
		s.Table("shared", 4, 3, Normal(1))
	}
	return x
}

func collect(t *testing.T) []Spec {
	t.Helper()
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	specs, err := Collect(be, func(s *Scope) { twoLayers(s) })
	if err != nil {
		t.Fatal(err)
	}
	return specs
}

func TestCollect_KeepsOrder(t *testing.T) {
	var names []string
	for _, s := range collect(t) {
		names = append(names, s.Name)
	}
	want := []string{"vision.patch", "layers.0.fc.weight", "layers.0.fc.bias", "shared", "layers.1.fc.weight", "layers.1.fc.bias"}
	if !slices.Equal(names, want) {
		t.Errorf("names %v, want %v", names, want)
	}
}

func TestScope_MisuseIsAnError(t *testing.T) {
	be, _ := backend.Open("")
	_, err := Collect(be, func(s *Scope) {
		s.Vector("a", 2, Ones())
		s.Vector("a", 3, Ones())
	})
	if err == nil || !strings.Contains(err.Error(), "weight a: asked for as [3], known as [2]") {
		t.Errorf("a weight of two shapes: %v", err)
	}
	err = backend.Catch("building", func() { Bind(nil, nil).Vector("b", 2, Ones()) })
	if err == nil || !strings.Contains(err.Error(), "weight b") {
		t.Errorf("an unknown weight: %v", err)
	}
}

func TestInitial_DependsOnlyOnSeedAndName(t *testing.T) {
	specs := collect(t)
	all := Initial(specs, 5)
	few := Initial(specs[3:], 5)
	other := Initial(specs, 6)
	flat := func(x *tensors.Tensor) []float32 { return tensors.MustCopyFlatData[float32](x) }
	if !slices.Equal(flat(all.Get("shared")), flat(few.Get("shared"))) {
		t.Error("a weight changed with the others")
	}
	if slices.Equal(flat(all.Get("shared")), flat(other.Get("shared"))) {
		t.Error("a weight did not change with the seed")
	}
}

func TestInit_Deviations(t *testing.T) {
	for _, c := range []struct {
		init      Init
		deviation float64
		bound     float64
	}{
		{FanInNormal(64), 0.125, math.Inf(1)},
		{FanInTruncated(64), 0.125, 2 * 0.125 / truncatedDeviation},
		{XavierUniform(64, 32), 0.25 / math.Sqrt(3), 0.25},
		{Normal(0.02), 0.02, math.Inf(1)},
	} {
		drawn := make([]float32, 100_000)
		c.init.Draw(drawn, 1, "w")
		sum, sumSquares, largest := 0.0, 0.0, 0.0
		for _, v := range drawn {
			sum += float64(v)
			sumSquares += float64(v) * float64(v)
			largest = max(largest, math.Abs(float64(v)))
		}
		n := float64(len(drawn))
		deviation := math.Sqrt(sumSquares / n)
		if math.Abs(deviation/c.deviation-1) > 0.01 || math.Abs(sum/n) > 0.02*c.deviation || largest > c.bound*1.0001 {
			t.Errorf("%v: deviation %g, mean %g, largest %g; want deviation %g, bound %g",
				c.init, deviation, sum/n, largest, c.deviation, c.bound)
		}
	}
}

func TestSet_SaveAndLoad(t *testing.T) {
	specs := collect(t)
	set := Initial(specs, 3)
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := set.Save(path, map[string]string{"step": "7"}); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(path, specs)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range specs {
		if !set.Tensors()[i].Equal(loaded.Tensors()[i]) {
			t.Errorf("%s differs", s.Name)
		}
	}

	other := Initial(specs, 4)
	if n, err := other.Fill(path, "layers"); err != nil || n != 4 {
		t.Errorf("filled %d, %v; want 4", n, err)
	}
	if !other.Get("layers.1.fc.weight").Equal(set.Get("layers.1.fc.weight")) {
		t.Error("Fill did not replace layers.1.fc.weight")
	}
	if other.Get("shared").Equal(set.Get("shared")) {
		t.Error("Fill replaced more than asked for")
	}
	if _, err := other.Fill(path, "layer"); err == nil {
		t.Error("a prefix of no name was accepted")
	}
}

func TestLoad_ErrorNamesFileAndWeight(t *testing.T) {
	specs := collect(t)
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := Initial(specs, 3).Save(path, nil); err != nil {
		t.Fatal(err)
	}
	wrong := slices.Clone(specs)
	wrong[1].Shape = []int{3, 4}
	missing := append(slices.Clone(specs), Spec{Name: "head.weight", Shape: []int{3}})
	for want, specs := range map[string][]Spec{"layers.0.fc.weight has shape [3 3]": wrong, "no weight head.weight": missing} {
		_, err := Load(path, specs)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one that names the file and has %q", err, want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none"), specs); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestLayout(t *testing.T) {
	// A kernel [in 2, out 3] is stored as its transpose.
	kernel := []float32{1, 2, 3, 4, 5, 6}
	if got := Transposed.ToFile(kernel, []int{2, 3}); !slices.Equal(got, []float32{1, 4, 2, 5, 3, 6}) {
		t.Errorf("transposed: %v", got)
	}
	// A patch kernel [2*2*3, 1] ordered (y, x, channel) is stored as (channel, y, x).
	patch := []float32{0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32}
	want := []float32{0, 10, 20, 30, 1, 11, 21, 31, 2, 12, 22, 32}
	if got := PatchKernel.ToFile(patch, []int{12, 1}); !slices.Equal(got, want) {
		t.Errorf("patch: %v, want %v", got, want)
	}
	if got := PatchKernel.FromFile(want, []int{12, 1}); !slices.Equal(got, patch) {
		t.Errorf("patch back: %v", got)
	}
	// An element of a convolution is named by its digits: graph [y 2, x 1, in 2, out 3].
	conv := []float32{0, 1, 2, 10, 11, 12, 1000, 1001, 1002, 1010, 1011, 1012}
	want = []float32{0, 1000, 10, 1010, 1, 1001, 11, 1011, 2, 1002, 12, 1012} // [out, in, y, x]
	if got := ConvKernel.ToFile(conv, []int{2, 1, 2, 3}); !slices.Equal(got, want) {
		t.Errorf("convolution: %v, want %v", got, want)
	}
	if got := ConvKernel.FromFile(want, []int{2, 1, 2, 3}); !slices.Equal(got, conv) {
		t.Errorf("convolution back: %v", got)
	}
	if got := ConvKernel.FileShape([]int{2, 1, 4, 3}); !slices.Equal(got, []int{3, 4, 2, 1}) {
		t.Errorf("convolution: shape %v in a file", got)
	}
	// The same for a transposed convolution: graph [in 2, y 2, x 1, out 3].
	want = []float32{0, 10, 1, 11, 2, 12, 1000, 1010, 1001, 1011, 1002, 1012} // [in, out, y, x]
	if got := ConvTransposeKernel.ToFile(conv, []int{2, 2, 1, 3}); !slices.Equal(got, want) {
		t.Errorf("transposed convolution: %v, want %v", got, want)
	}
	if got := ConvTransposeKernel.FromFile(want, []int{2, 2, 1, 3}); !slices.Equal(got, conv) {
		t.Errorf("transposed convolution back: %v", got)
	}
	if got := ConvTransposeKernel.FileShape([]int{5, 4, 3, 2}); !slices.Equal(got, []int{5, 2, 4, 3}) {
		t.Errorf("transposed convolution: shape %v in a file", got)
	}
}

func TestFrozen(t *testing.T) {
	specs := []Spec{{Name: "encoder.a"}, {Name: "encoder2.a"}, {Name: "head"}}
	for _, c := range []struct {
		prefixes []string
		want     []bool
	}{
		{nil, []bool{false, false, false}},
		{[]string{"encoder"}, []bool{true, false, false}},
		{[]string{"encoder."}, []bool{true, false, false}},
		{[]string{"head", "encoder2"}, []bool{false, true, true}},
		{[]string{""}, []bool{true, true, true}},
	} {
		if got, err := Frozen(specs, c.prefixes); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, %v; want %v", c.prefixes, got, err, c.want)
		}
	}
	if _, err := Frozen(specs, []string{"decoder"}); err == nil {
		t.Error("a prefix of nothing was accepted")
	}
}
