package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/safetensors"
)

// shards writes the weights of twoLayers in several files and returns the folder.
func shards(t *testing.T, o SaveOptions) (*Set, string) {
	t.Helper()
	set := Initial(collect(t), 3)
	dir := filepath.Join(t.TempDir(), "model")
	if o.MaxShardBytes == 0 {
		o.MaxShardBytes = 100
	}
	if err := set.SaveSharded(dir, o); err != nil {
		t.Fatal(err)
	}
	return set, dir
}

func equal(t *testing.T, a, b *Set) {
	t.Helper()
	for i, s := range a.Specs() {
		if !a.Tensors()[i].Equal(b.Tensors()[i]) {
			t.Errorf("%s differs", s.Name)
		}
	}
}

func TestOpenFile_FindsTheWeightsOfAFolder(t *testing.T) {
	set, sharded := shards(t, SaveOptions{})
	if found, _ := filepath.Glob(filepath.Join(sharded, "model-*-of-00003.safetensors")); len(found) != 3 {
		t.Errorf("files %q", found)
	}
	withoutIndex := t.TempDir()
	if err := os.CopyFS(withoutIndex, os.DirFS(sharded)); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(withoutIndex, indexFile))
	single := t.TempDir()
	if err := set.SaveSharded(single, SaveOptions{MaxShardBytes: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	run := t.TempDir()
	if err := set.Save(filepath.Join(run, ownFile), nil); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if err := set.Save(filepath.Join(other, "mine.safetensors"), nil); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		sharded, filepath.Join(sharded, indexFile), withoutIndex, single, filepath.Join(single, singleFile),
		run, other, filepath.Join(other, "mine.safetensors"),
	} {
		f, err := OpenFile(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		loaded, report, err := LoadFile(f, set.Specs(), nil)
		if err != nil || report.Loaded != len(set.Specs()) || len(f.Entries()) != len(set.Specs()) || f.Path() != path {
			t.Fatalf("%s: %v, %v", path, report, err)
		}
		equal(t, set, loaded)
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := set.Save(filepath.Join(other, "another.safetensors"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(other); err == nil || !strings.Contains(err.Error(), "name the one to read") {
		t.Errorf("two files of other names: %v", err)
	}
	os.Remove(filepath.Join(withoutIndex, "model-00002-of-00003.safetensors"))
	if _, err := OpenFile(withoutIndex); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a shard that is not there: %v", err)
	}
	if _, err := OpenFile(t.TempDir()); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "it has no weights") {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestOpenFile_RefusesPickles looks at names and at contents.
func TestOpenFile_RefusesPickles(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"pytorch_model.bin": "anything",
		"model.pt":          "anything",
		"weights":           "PK\x03\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00archive/data.pkl",
		"old":               "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
	} {
		path := filepath.Join(dir, name)
		os.WriteFile(path, []byte(content), 0o644)
		if _, err := OpenFile(path); err == nil || !strings.Contains(err.Error(), "weights_only=True") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	os.Remove(filepath.Join(dir, "model.pt"))
	if _, err := OpenFile(dir); err == nil || !strings.Contains(err.Error(), "pytorch_model.bin") {
		t.Errorf("a folder of pickles: %v", err)
	}
	for name, content := range map[string]string{"a.h5": "\x89HDF\r\n", "b.gguf": "GGUF....", "c.msgpack": "x"} {
		path := filepath.Join(dir, name)
		os.WriteFile(path, []byte(content), 0o644)
		if _, err := OpenFile(path); err == nil || !strings.Contains(err.Error(), "safetensors") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func writeIndex(t *testing.T, dir string, weightMap map[string]string) {
	t.Helper()
	content, err := json.Marshal(map[string]any{"metadata": map[string]any{"total_size": 1}, "weight_map": weightMap})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, indexFile), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpenFile_IndexStaysInItsFolder(t *testing.T) {
	set, dir := shards(t, SaveOptions{})
	outside := filepath.Join(filepath.Dir(dir), "outside.safetensors")
	if err := set.Save(outside, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"../outside.safetensors", outside, "a/../../outside.safetensors", "", `..\outside.safetensors`, "C:outside.safetensors", "..", ".",
	} {
		writeIndex(t, dir, map[string]string{"shared": name})
		if _, err := OpenFile(dir); err == nil || !strings.Contains(err.Error(), indexFile) || !strings.Contains(err.Error(), `tensor "shared"`) {
			t.Errorf("%q: %v", name, err)
		}
	}
	writeIndex(t, dir, map[string]string{"shared": "pytorch_model-00001-of-00002.bin"})
	if _, err := OpenFile(dir); err == nil || !strings.Contains(err.Error(), "pickle") {
		t.Errorf("a pickle: %v", err)
	}
	if runtime.GOOS == "windows" {
		return // links take rights there
	}
	for _, target := range []string{outside, "../outside.safetensors"} {
		link := filepath.Join(dir, "link.safetensors")
		os.Remove(link)
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		writeIndex(t, dir, map[string]string{"shared": "link.safetensors"})
		if _, err := OpenFile(dir); err == nil || !strings.Contains(err.Error(), "leads out") {
			t.Errorf("a link to %s: %v", target, err)
		}
	}
	// A hub's cache: snapshots/REVISION has links to blobs.
	cache := t.TempDir()
	snapshot := filepath.Join(cache, "snapshots", "main")
	os.MkdirAll(snapshot, 0o777)
	os.MkdirAll(filepath.Join(cache, "blobs"), 0o777)
	if err := set.Save(filepath.Join(cache, "blobs", "0123"), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../blobs/0123", filepath.Join(snapshot, "model-00001-of-00001.safetensors")); err != nil {
		t.Fatal(err)
	}
	writeIndex(t, snapshot, map[string]string{"shared": "model-00001-of-00001.safetensors"})
	f, err := OpenFile(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if len(f.Entries()) != 1 || len(f.Ignored()) != len(set.Specs())-1 {
		t.Errorf("%d tensors, %d ignored", len(f.Entries()), len(f.Ignored()))
	}
}

func TestOpenFile_IndexErrorsNameTheTensor(t *testing.T) {
	_, dir := shards(t, SaveOptions{})
	const first, last = "model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors"
	for want, weightMap := range map[string]map[string]string{
		`does not have the tensor "none"`: {"none": first},
		`have the tensor "vision.patch"`:  {"vision.patch": last},
		"no such file":                    {"shared": "model-00009-of-00003.safetensors"},
		"no weight_map":                   {},
	} {
		writeIndex(t, dir, weightMap)
		if _, err := OpenFile(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for _, text := range []string{"", "[]", `{"weight_map": {"a": "b.safetensors", "a": "b.safetensors"}}`, `{"weight_map": {"a": 1}}`, `{"weight_map": null}`} {
		os.WriteFile(filepath.Join(dir, indexFile), []byte(text), 0o644)
		if _, err := OpenFile(dir); err == nil || !strings.Contains(err.Error(), indexFile) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestLoadFile_ReportsAllThatDiffers loads a file with names of all kinds.
func TestLoadFile_ReportsAllThatDiffers(t *testing.T) {
	specs := collect(t)
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := Initial(specs, 3).Save(path, nil); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	asked := slices.Clone(specs[1:]) // vision.patch is unexpected
	asked[0].Name = "layers.0.fc.wieght"
	asked[2].Shape = []int{9, 9}
	asked[4].Shape = []int{3}
	asked[4].Name = "layers.1.fc.bias"
	asked[1].Shape, asked[1].Adapt = []int{1}, func(stored []float32, shape []int) ([]float32, error) { return stored[:1], nil }
	set, report, err := LoadFile(f, asked, nil)
	if set != nil || err == nil {
		t.Errorf("loaded %v, %v", set, err)
	}
	if len(report.Missing) != 1 || report.Missing[0].Nearest != "layers.0.fc.weight" || len(report.Misshapen) != 1 ||
		len(report.Adapted) != 1 || !slices.Equal(report.Unexpected, []string{"layers.0.fc.weight", "vision.patch"}) {
		t.Errorf("report %+v", report)
	}
	for _, want := range []string{"layers.0.fc.wieght [3 3]; the nearest name it has is layers.0.fc.weight", "shared has shape [4 3], the model's is [9 9]", path} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not have %q", err, want)
		}
	}
	for _, want := range []string{"1 missing: layers.0.fc.wieght\n", "1 of another shape: shared [4 3] for [9 9]\n", "1 adapted", "2 unexpected: layers.0.fc.weight, vision.patch\n"} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("%s does not have %q", report, want)
		}
	}
	var many []Spec
	for i := range 3000 {
		many = append(many, Spec{Name: fmt.Sprintf("none.%d", i), Shape: []int{1}})
	}
	_, report, err = LoadFile(f, many, nil)
	if len(report.Missing) != 3000 || len(err.Error()) > 2000 || len(report.String()) > 2000 || !strings.Contains(err.Error(), "2995 other weights") {
		t.Errorf("%d missing, %v", len(report.Missing), err)
	}
}

func TestNames_RenameAndPrefix(t *testing.T) {
	specs := collect(t)
	set := Initial(specs, 3)
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := set.SaveSharded(filepath.Dir(path), SaveOptions{Names: func(ours string) string { return "model." + ours }}); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	loaded, report, err := LoadFile(f, specs, Renamed(func(ours string) string { return "model." + ours }))
	if err != nil || len(report.Unexpected) > 0 {
		t.Fatal(report, err)
	}
	equal(t, set, loaded)
	loaded, report, err = LoadFile(f, specs, Prefixed(map[string]string{"model": ""}))
	if err != nil || len(report.Ignored) > 0 {
		t.Fatal(report, err)
	}
	equal(t, set, loaded)

	part := []Spec{specs[1]}
	part[0].Name = "decoder.0.fc.weight"
	loaded, report, err = LoadFile(f, part, Prefixed(map[string]string{"model.layers.": "decoder"}))
	if err != nil || len(report.Ignored) != 2 || len(report.Unexpected) != 3 || !loaded.Tensors()[0].Equal(set.Get("layers.0.fc.weight")) {
		t.Errorf("%v, %v", report, err)
	}
	if _, _, err := LoadFile(f, part, Prefixed(map[string]string{"models": "", "model": ""})); err == nil || !strings.Contains(err.Error(), `begins with "models"; it has model`) {
		t.Errorf("a prefix of nothing: %v", err)
	}
	if _, _, err := LoadFile(f, part, Prefixed(map[string]string{"model.layers.0": "a", "model.layers.1": "a"})); err == nil || !strings.Contains(err.Error(), "a.fc") {
		t.Errorf("two tensors of one name: %v", err)
	}
	loaded, _, err = LoadFile(f, specs, InTurn(Prefixed(map[string]string{"model": "x"}), Renamed(func(ours string) string { return "x." + ours })))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, set, loaded)
}

func TestSaveSharded_WritesTypesAndIndex(t *testing.T) {
	set, dir := shards(t, SaveOptions{DType: "BF16", MaxShardBytes: 60, Metadata: map[string]string{"step": "7"}})
	text, err := os.ReadFile(filepath.Join(dir, indexFile))
	if err != nil {
		t.Fatal(err)
	}
	var index struct {
		Metadata struct {
			Size int `json:"total_size"`
		}
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	if index.Metadata.Size != 2*set.Parameters() || len(index.Map) != len(set.Specs()) {
		t.Errorf("index %s", text)
	}
	f, err := OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, e := range f.Entries() {
		if e.DType != "BF16" {
			t.Errorf("%s is %s", e.Name, e.DType)
		}
	}
	for name, want := range map[string]string{"again": "already has " + indexFile, "F8_E4M3": "cannot be written as F8_E4M3"} {
		o, to := SaveOptions{MaxShardBytes: 60}, dir
		if name != "again" {
			o.DType, to = name, t.TempDir()
		}
		if err := set.SaveSharded(to, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if err := set.SaveSharded(t.TempDir(), SaveOptions{Names: func(string) string { return "one" }}); err == nil || !strings.Contains(err.Error(), "both named one") {
		t.Errorf("two weights of one name: %v", err)
	}
	set.Tensors()[0] = tensors.FromFlatDataAndDimensions(slices.Repeat([]float32{1e6}, 36), 12, 3)
	empty := t.TempDir()
	if err := set.SaveSharded(empty, SaveOptions{DType: "F16"}); err == nil || !strings.Contains(err.Error(), "too large for F16") || !strings.Contains(err.Error(), "vision.patch") {
		t.Errorf("numbers too large for float16: %v", err)
	}
	if left, _ := os.ReadDir(empty); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFile_SaveKeepsTypes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "in.safetensors")
	ids := safetensors.Int32Bytes([]int32{1, -2})
	err := safetensors.Write(path, []safetensors.Tensor{
		{Name: "ids", DType: safetensors.I32, Shape: []int{2}, Data: func() []byte { return ids }},
		{Name: "half", DType: safetensors.F16, Shape: []int{1}, Data: func() []byte { return []byte{0, 0x3c} }},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for dtype, want := range map[string]string{"": "F16", "F32": "F32", "BF16": "BF16"} {
		to := filepath.Join(dir, "out"+dtype)
		if err := f.SaveSharded(to, SaveOptions{DType: dtype}); err != nil {
			t.Fatal(err)
		}
		back, err := OpenFile(to)
		if err != nil {
			t.Fatal(err)
		}
		half, _ := back.Entry("half")
		whole, _ := back.Entry("ids")
		if values, err := back.Float32("half"); half.DType != want || whole.DType != "I32" || err != nil || values[0] != 1 {
			t.Errorf("%s: %v %v, %v %v", dtype, half, whole, values, err)
		}
		back.Close()
	}
}

// TestFile_ReadsConcurrently loads one file from several goroutines.
func TestFile_ReadsConcurrently(t *testing.T) {
	set, dir := shards(t, SaveOptions{})
	f, err := OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			loaded, _, err := LoadFile(f, set.Specs(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			equal(t, set, loaded)
		})
	}
	group.Wait()
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata": {"total_size": 8}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}`))
	f.Add([]byte(`{"weight_map": {"a": "../a.safetensors"}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		names, err := parseIndex(content)
		if err != nil {
			return
		}
		for _, name := range names {
			if path := filepath.Join("/folder", name); !strings.HasPrefix(path, "/folder/") {
				t.Errorf("%q leads to %s", name, path)
			}
		}
	})
}

// TestOpenFile_SaysHowToConvertT5X refuses a checkpoint of tensorstore arrays with the command that
// converts it.
func TestOpenFile_SaysHowToConvertT5X(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoint_1000")
	if err := os.MkdirAll(filepath.Join(dir, "target.encoder.layers_0.attention.key.kernel"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(dir); err == nil || !strings.Contains(err.Error(), "load_t5x_checkpoint('"+dir+"')") || !strings.Contains(err.Error(), "folders of tensorstore") {
		t.Errorf("error %v", err)
	}
}
