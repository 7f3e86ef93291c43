package tokencache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pali3/pali3/internal/safetensors"
)

func testKey() Key {
	return Key{Version: Version, Of: "tokens", Weights: "0a", Config: json.RawMessage(`{"width":4}`), Ops: "decode|resize(4)", Backend: "go", Tokens: 3, Width: 4}
}

// tokensOf returns tokens that bfloat16 holds exactly.
func tokensOf(image int) []float32 {
	all := make([]float32, 12)
	for i := range all {
		all[i] = float32(image%100 + i)
	}
	return all
}

func imageOf(image int) Image { return ImageOf(fmt.Appendf(nil, "image %d", image)) }

func openSet(t testing.TB, dir string, limit int64) (*Folder, *Set) {
	t.Helper()
	f, err := Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Set(testKey())
	if err != nil {
		t.Fatal(err)
	}
	return f, s
}

// fill writes the tokens of images as one part and returns its path.
func fill(t testing.TB, dir string, images ...int) string {
	t.Helper()
	f, s := openSet(t, dir, 0)
	for _, image := range images {
		if _, added, err := s.Put(imageOf(image), tokensOf(image)); err != nil || !added {
			t.Fatalf("image %d: added %v, %v", image, added, err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return s.parts[len(s.parts)-1]
}

// wantImages checks that a new process finds exactly these images.
func wantImages(t *testing.T, dir string, has, lacks []int) *Set {
	t.Helper()
	f, s := openSet(t, dir, 0)
	defer f.Close()
	for _, image := range has {
		got, err := s.Get(imageOf(image))
		if !s.Has(imageOf(image)) || err != nil || !slices.Equal(got, tokensOf(image)) {
			t.Errorf("image %d: %v, %v", image, got, err)
		}
	}
	for _, image := range lacks {
		if got, err := s.Get(imageOf(image)); s.Has(imageOf(image)) || got != nil || err != nil {
			t.Errorf("image %d is there: %v, %v", image, got, err)
		}
	}
	return s
}

func TestSet_KeepsTokensAcrossProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	fill(t, dir, 1, 2, 3)
	fill(t, dir, 4)
	fill(t, dir, 4, 5) // 4 is there
	s := wantImages(t, dir, []int{1, 2, 3, 4, 5}, []int{6})
	if u := s.Uses(); u.Images != 5 || u.Read != 5 || u.Added != 0 || u.Damaged != 0 {
		t.Errorf("uses %+v", u)
	}
	v, err := Verify(t.Context(), dir, false)
	if err != nil || !v.OK || v.Images != 5 || v.Doubled != 0 || len(v.Sets) != 1 || v.Sets[0].Parts != 3 {
		t.Errorf("verified %+v, %v", v, err)
	}
}

func TestSet_RoundsToBfloat16(t *testing.T) {
	f, s := openSet(t, t.TempDir(), 0)
	defer f.Close()
	tokens := make([]float32, 12)
	tokens[0], tokens[1], tokens[2], tokens[3] = 1+1.0/256, 1+3.0/256, -1.0/3, 1e-40
	put, added, err := s.Put(imageOf(1), tokens)
	if err != nil || !added {
		t.Fatal(added, err)
	}
	if want := []float32{1, 1 + 4.0/256, -0.333984375}; !slices.Equal(put[:3], want) {
		t.Errorf("rounded to %v, want %v", put[:3], want)
	}
	waiting, _ := s.Get(imageOf(1))
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	written, err := s.Get(imageOf(1))
	if err != nil || !slices.Equal(put, waiting) || !slices.Equal(put, written) {
		t.Errorf("put %v, before it was written %v, after %v, %v", put, waiting, written, err)
	}
}

func TestSet_RejectsTokensThatAreNoNumbers(t *testing.T) {
	f, s := openSet(t, t.TempDir(), 0)
	defer f.Close()
	for _, bad := range []float32{float32nan(), 3.4e38} {
		tokens := tokensOf(1)
		tokens[7] = bad
		if _, _, err := s.Put(imageOf(1), tokens); err == nil || !strings.Contains(err.Error(), imageOf(1).String()) || s.Has(imageOf(1)) {
			t.Errorf("%g: error %v", bad, err)
		}
	}
	if _, _, err := s.Put(imageOf(1), tokensOf(1)[:11]); err == nil {
		t.Error("11 numbers were taken")
	}
}

func float32nan() float32 { zero := float32(0); return zero / zero }

func TestSet_KeepsKeysApart(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 1)
	f, _ := openSet(t, dir, 0)
	defer f.Close()
	for name, change := range map[string]func(*Key){
		"weights": func(k *Key) { k.Weights = "0b" }, "config": func(k *Key) { k.Config = json.RawMessage(`{"width":5}`) },
		"ops": func(k *Key) { k.Ops += "|flip_lr" }, "backend": func(k *Key) { k.Backend = "xla:cpu" },
		"of": func(k *Key) { k.Of = "embedding" }, "length": func(k *Key) { k.SequenceLength = 9 },
		"shape": func(k *Key) { k.Tokens, k.Width = 4, 3 },
	} {
		k := testKey()
		change(&k)
		s, err := f.Set(k)
		if err != nil || s.Has(imageOf(1)) {
			t.Errorf("another %s finds the image; %v", name, err)
		}
	}
}

func TestSet_LimitRefusesAndCounts(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 1)
	f, s := openSet(t, dir, size(dir)+150)
	for image := 1; image <= 5; image++ {
		rounded, added, err := s.Put(imageOf(image), tokensOf(image))
		if err != nil || !slices.Equal(rounded, tokensOf(image)) || added != (image <= 3) {
			t.Errorf("image %d: added %v, %v", image, added, err)
		}
	}
	if u := s.Uses(); u.Refused != 2 || u.Added != 2 {
		t.Errorf("uses %+v", u)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	wantImages(t, dir, []int{1, 2, 3}, []int{4, 5})
}

func TestSet_UnwritableFolderKeepsWhatItHas(t *testing.T) {
	dir := t.TempDir()
	f, s := openSet(t, dir, 0)
	s.Put(imageOf(1), tokensOf(1))
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	if err := f.Flush(); err == nil || !strings.Contains(err.Error(), "takes no more") {
		t.Errorf("error %v", err)
	}
	got, err := s.Get(imageOf(1))
	if !s.Has(imageOf(1)) || err != nil || !slices.Equal(got, tokensOf(1)) {
		t.Error("tokens in memory are lost")
	}
	if _, added, err := s.Put(imageOf(2), tokensOf(2)); added || err != nil || s.Uses().Refused != 1 {
		t.Errorf("added %v, %v", added, err)
	}
}

func TestSet_ManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	folders := []*Folder{}
	var group sync.WaitGroup
	for range 3 { // as three processes
		f, s := openSet(t, dir, 0)
		folders = append(folders, f)
		for worker := range 4 {
			group.Go(func() {
				for image := range 40 {
					image = (image*7 + worker) % 40
					if _, _, err := s.Put(imageOf(image), tokensOf(image)); err != nil {
						t.Error(err)
					}
					if got, err := s.Get(imageOf(image)); err != nil || !slices.Equal(got, tokensOf(image)) {
						t.Errorf("image %d: %v, %v", image, got, err)
					}
					if image%10 == 0 {
						f.Flush()
					}
				}
			})
		}
	}
	group.Wait()
	for _, f := range folders {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	v, err := Verify(t.Context(), dir, false)
	if err != nil || !v.OK || v.Images != 40 || v.Doubled != 0 {
		t.Errorf("verified %d images, %d of them twice, %v, %v", v.Images, v.Doubled, v.Problems, err)
	}
}

// TestSet_LeavesDamageOut damages a part in many ways. A new process names it and has the images no
// more; what it computes then is found again, and a repair leaves a cache in order.
func TestSet_LeavesDamageOut(t *testing.T) {
	edit := func(change func([]byte) []byte) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			content, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, change(content), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	replace := func(old, new string) func(*testing.T, string) {
		return edit(func(b []byte) []byte { return []byte(strings.Replace(string(b), old, new, 1)) })
	}
	for name, c := range map[string]struct {
		damage func(t *testing.T, path string)
		says   string
		has    []int // which images survive
	}{
		"cut":            {edit(func(b []byte) []byte { return b[:len(b)-5] }), "cut short", nil},
		"empty":          {edit(func(b []byte) []byte { return nil }), "reading", nil},
		"another key":    {replace(testKey().ID(), strings.Repeat("0", 32)), "tokens of the key", nil},
		"another format": {replace(format, "pali4 visual tokens"), "its format is", nil},
		"another shape":  {replace("[2,3,4]", "[2,4,3]"), `tensor "tokens" is BF16 [2 4 3], want BF16 [2 3 4]`, nil},
		"more images":    {replace(`"shape":[2,3,4]`, `"shape":[3,2,4]`), "want BF16 [2 3 4]", nil},
		"another type":   {replace(`"dtype":"BF16"`, `"dtype":"F16" `), "is F16", nil},
		"a number":       {edit(func(b []byte) []byte { b[len(b)-2*32-1] ^= 1; return b }), "checksum", []int{1}},
		"an image":       {edit(func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), "checksum", nil},
		"renamed": {func(t *testing.T, path string) {
			os.Rename(path, filepath.Join(filepath.Dir(path), "part-0.safetensors"))
		}, "renamed or changed", nil},
		"a folder":          {func(t *testing.T, path string) { os.Remove(path); os.Mkdir(path, 0o755) }, "regular file", nil},
		"not a safetensors": {edit(func(b []byte) []byte { return []byte("hello, world, this is text") }), "reading", nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := fill(t, dir, 1, 2)
			c.damage(t, path)
			lacks := slices.DeleteFunc([]int{1, 2}, func(image int) bool { return slices.Contains(c.has, image) })
			s := wantImages(t, dir, c.has, lacks)
			if u := s.Uses(); u.Damaged != 1 || !strings.Contains(u.Problems[0], c.says) || !strings.Contains(u.Problems[0], s.dir) {
				t.Errorf("uses %+v", u)
			}
			if v, err := Verify(t.Context(), dir, false); err != nil || v.OK || len(v.Problems) != 1 || !strings.Contains(v.Problems[0].Kind, c.says) {
				t.Errorf("verified %+v, %v", v, err)
			}
			if name != "a folder" {
				fill(t, dir, 2, 1, 3)
				wantImages(t, dir, []int{1, 2, 3}, nil)
			}
			if v, err := Verify(t.Context(), dir, true); err != nil || v.Removed > 1 || v.Rescued != len(c.has) {
				t.Errorf("repaired %+v, %v", v, err)
			}
			v, err := Verify(t.Context(), dir, false)
			if err != nil || !v.OK {
				t.Errorf("after the repair: %+v, %v", v, err)
			}
			if name != "a folder" {
				wantImages(t, dir, []int{1, 2, 3}, nil)
			}
		})
	}
}

func TestSet_PrefersAWholeCopy(t *testing.T) {
	dir := t.TempDir()
	path := fill(t, dir, 1, 2)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole[len(whole)-2*32-1] ^= 1 // a number of image 2
	os.WriteFile(path, whole, 0o644)
	fill(t, dir, 2)
	wantImages(t, dir, []int{1, 2}, nil)
}

func TestOpen_RejectsOtherFolders(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o644)
	if _, err := Open(dir, 0); err == nil || !strings.Contains(err.Error(), "thesis.tex") {
		t.Errorf("error %v", err)
	}
	if _, err := Remove(dir, nil); err == nil {
		t.Error("Remove took it for a cache")
	}
	other := t.TempDir()
	os.WriteFile(filepath.Join(other, tagFile), []byte("Signature: 8a477f597d28d172789f06886806bc55\n"), 0o644)
	if _, err := Open(other, 0); err == nil {
		t.Error("the cache of another program was opened")
	}
}

func TestFolder_RejectsImpossibleKeys(t *testing.T) {
	f, _ := openSet(t, t.TempDir(), 0)
	for _, shape := range [][2]int{{0, 4}, {4, 0}, {-1, 4}, {1 << 40, 1 << 40}, {1 << 20, 1 << 20}} {
		k := testKey()
		k.Tokens, k.Width = shape[0], shape[1]
		if _, err := f.Set(k); err == nil {
			t.Errorf("shape %v was taken", shape)
		}
	}
}

func TestRemove_TakesBeginningsOfIDs(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 1)
	id := testKey().ID()
	kept := filepath.Join(dir, id, "notes.txt")
	if _, err := Remove(dir, []string{"nothing"}); err == nil {
		t.Error("removed nothing")
	}
	os.WriteFile(kept, nil, 0o644)
	if _, err := Remove(dir, []string{id[:4]}); err == nil {
		t.Error("a file that is not of the cache was removed")
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
	os.Remove(kept)
	removed, err := Remove(dir, []string{id[:4], id})
	if err != nil || len(removed) != 1 {
		t.Errorf("removed %v, %v", removed, err)
	}
	if all, _, err := List(dir); err != nil || len(all) != 0 {
		t.Errorf("left %v, %v", all, err)
	}
}

func TestVerify_NamesWhatDoesNotBelong(t *testing.T) {
	dir := t.TempDir()
	path := fill(t, dir, 1)
	os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644)
	os.WriteFile(filepath.Join(filepath.Dir(path), ".tmp-part-1"), []byte("half"), 0o644)
	bad := filepath.Join(dir, strings.Repeat("0", 32))
	os.Mkdir(bad, 0o755)
	os.WriteFile(filepath.Join(bad, keyFile), []byte(`{"version":1}`), 0o644)
	v, err := Verify(t.Context(), dir, false)
	if err != nil || v.OK || len(v.Problems) != 3 {
		t.Errorf("%v, %v", v.Problems, err)
	}
	old := time.Now().Add(-2 * abandoned)
	os.Chtimes(filepath.Join(filepath.Dir(path), ".tmp-part-1"), old, old)
	fill(t, dir, 2)
	if v, err := Verify(t.Context(), dir, false); err != nil || len(v.Problems) != 2 {
		t.Errorf("what a killed process left is still there: %v, %v", v.Problems, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Verify(cancelled, dir, false); err == nil {
		t.Error("Verify ignores its context")
	}
}

// asWriter makes the test binary a process that adds images to the cache of a folder and writes
// them, two at a time.
const asWriter = "PALI3_TEST_AS_WRITER"

func TestMain(m *testing.M) {
	dir := os.Getenv(asWriter)
	if dir == "" {
		os.Exit(m.Run())
	}
	f, err := Open(dir, 0)
	if err != nil {
		panic(err)
	}
	s, err := f.Set(testKey())
	for image := 0; err == nil && image < 400; image++ {
		if _, _, err = s.Put(imageOf(image), tokensOf(image)); err == nil && image%2 == 1 {
			err = f.Flush()
		}
	}
	if err := errors.Join(err, f.Close()); err != nil {
		panic(err)
	}
	os.Exit(0)
}

// TestSet_KilledWritersLeaveWholeParts kills processes that write, two at a time, with SIGKILL.
func TestSet_KilledWritersLeaveWholeParts(t *testing.T) {
	dir, before := filepath.Join(t.TempDir(), "cache"), 0
	for kill := range 12 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(20+15*kill)*time.Millisecond)
		var group sync.WaitGroup
		for range 2 {
			c := exec.CommandContext(ctx, os.Args[0])
			c.Env = append(os.Environ(), asWriter+"="+dir)
			group.Go(func() { c.Run() })
		}
		group.Wait()
		cancel()
		if _, err := os.Stat(filepath.Join(dir, tagFile)); err != nil {
			continue // killed before it made the folder
		}
		v, err := Verify(t.Context(), dir, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range v.Problems {
			if name := filepath.Base(p.File); !strings.HasPrefix(name, ".tmp-") && !(name == keyFile && v.Images == 0) {
				t.Errorf("after kill %d: %v", kill, p)
			}
		}
		if v.Doubled > 0 || v.Images < before {
			t.Errorf("after kill %d: %d images, %d twice, %d before", kill, v.Images, v.Doubled, before)
		}
		before = v.Images
	}
	t.Logf("%d images", before)
	if before == 0 {
		t.Error("no part was written: the processes were killed too early")
	}
	all := make([]int, before)
	for i := range all {
		all[i] = i
	}
	wantImages(t, dir, all, nil)
}

// FuzzPart opens changed parts: each read gives an error or what was written.
func FuzzPart(f *testing.F) {
	dir := f.TempDir()
	whole, err := os.ReadFile(fill(f, dir, 1, 2, 3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:100])
	f.Add(append(slices.Clone(whole), 0))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), partPrefix+"x"+partSuffix)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := openPart(path, testKey())
		if err != nil {
			return
		}
		defer p.Close()
		var images []Image
		if p.each(func(_ int, image Image) { images = append(images, image) }) != nil {
			return
		}
		to := make([]byte, testKey().bytes())
		for at, image := range images {
			p.read(at, image, to)
		}
	})
}

func TestParts_AreSafetensors(t *testing.T) {
	path := fill(t, t.TempDir(), 1, 2)
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tokens, err := f.Float32("tokens")
	if err != nil || !slices.Equal(tokens, slices.Concat(tokensOf(1), tokensOf(2))) {
		t.Errorf("tokens %v, %v", tokens, err)
	}
}

// BenchmarkGet reads the tokens of a ViT-B/16 at 224 pixels, 196 of width 768, at random.
func BenchmarkGet(b *testing.B) {
	f, err := Open(b.TempDir(), 0)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	k := testKey()
	k.Tokens, k.Width = 196, 768
	s, err := f.Set(k)
	if err != nil {
		b.Fatal(err)
	}
	const images = 512
	for image := range images {
		if _, _, err := s.Put(imageOf(image), make([]float32, 196*768)); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Flush(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(k.bytes()))
	for i := 0; b.Loop(); i++ {
		if tokens, err := s.Get(imageOf(i * 197 % images)); err != nil || tokens == nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens a cache of a million images and reports the memory of its index.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	k := testKey()
	k.Tokens = 1
	f, err := Open(dir, 0)
	if err != nil {
		b.Fatal(err)
	}
	s, err := f.Set(k)
	if err != nil {
		b.Fatal(err)
	}
	for image := range 1_000_000 {
		if _, _, err := s.Put(imageOf(image), tokensOf(image)[:4]); err != nil {
			b.Fatal(err)
		}
		if image%50_000 == 49_999 {
			f.Flush()
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	f, s = nil, nil
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		if f, err = Open(dir, 0); err != nil {
			b.Fatal(err)
		}
		if s, err = f.Set(k); err != nil || s.Uses().Images != 1_000_000 {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "bytes/image")
		f.Close()
	}
}
