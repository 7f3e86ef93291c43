package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/pali3/pali3/internal/batchtest"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/mixture/batchfile"
)

// python returns a Python that has the modules, or skips the test. PALI3_PYTHON names one.
func python(t *testing.T, modules ...string) string {
	t.Helper()
	name := os.Getenv("PALI3_PYTHON")
	if name == "" {
		name = "python3"
	}
	if out, err := exec.Command(name, "-c", "import "+strings.Join(modules, ", ")).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: the readers in Python are not tested, since %s does not import %s (set PALI3_PYTHON; parity/requirements-batches.txt): %v\n%s",
			name, strings.Join(modules, ", "), err, out)
	}
	return name
}

// tensor is a tensor as the scripts print it.
type tensor struct {
	Shape  []int  `json:"shape"`
	SHA256 string `json:"sha256"`
}

// tensorsOf hashes the tensors of a batch, with the number of rows before the shape of each.
func tensorsOf(t *testing.T, b *mixture.Batch) map[string]tensor {
	t.Helper()
	r, err := batchfile.Record(b, batchfile.Info{Format: batchfile.Format})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]tensor{}
	hash := func(name string, shape []int, content []byte) {
		sum := sha256.Sum256(content)
		all[name] = tensor{append([]int{b.Shape.Rows}, shape...), hex.EncodeToString(sum[:])}
	}
	values := map[string][]byte{
		"images": arrow.Float32Traits.CastToBytes(b.Pixels), "patches": arrow.Float32Traits.CastToBytes(b.Pixels),
		"grids": arrow.Int32Traits.CastToBytes(b.Grids), "image_mask": arrow.Float32Traits.CastToBytes(b.ImageMask),
		"input_ids": arrow.Int32Traits.CastToBytes(b.EncoderIDs), "decoder_input_ids": arrow.Int32Traits.CastToBytes(b.DecoderInputs),
		"targets": arrow.Int32Traits.CastToBytes(b.Targets), "weights": arrow.Float32Traits.CastToBytes(b.Weights),
	}
	for _, f := range r.Schema().Fields() {
		if described, ok := f.Metadata.GetValue("ARROW:extension:metadata"); ok {
			var shape struct{ Shape []int }
			if err := json.Unmarshal([]byte(described), &shape); err != nil {
				t.Fatal(err)
			}
			hash(f.Name, shape.Shape, values[f.Name])
		}
	}
	return all
}

// compare compares the lines that a script printed with batches.
func compare(t *testing.T, name string, out []byte, want func(step int) *mixture.Batch, steps int) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != steps {
		t.Fatalf("%s: %d lines, want %d\n%s", name, len(lines), steps, out)
	}
	for _, line := range lines {
		var got struct {
			Step    int
			Tensors map[string]tensor
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, line)
		}
		expected := tensorsOf(t, want(got.Step))
		if len(got.Tensors) != len(expected) {
			t.Errorf("%s: step %d: tensors %v, want %v", name, got.Step, got.Tensors, expected)
		}
		for tensor, one := range expected {
			if fmt.Sprint(got.Tensors[tensor]) != fmt.Sprint(one) {
				t.Errorf("%s: step %d: %s is %v, want %v", name, got.Step, tensor, got.Tensors[tensor], one)
			}
		}
	}
}

// clients is the folder of the readers in Python.
var clients = filepath.Join("..", "..", "clients")

// runPython runs a script that can import the readers, and returns what it prints.
func runPython(t *testing.T, interpreter, script string, arguments ...string) []byte {
	t.Helper()
	cmd := exec.Command(interpreter, append([]string{"-c", script}, arguments...)...)
	cmd.Env = append(os.Environ(), "JAX_PLATFORMS=cpu", "OMP_NUM_THREADS=1", "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH="+clients)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, stderr.String())
	}
	return out
}

// readers prints what a client of clients/ reads.
const readers = `
import hashlib, importlib, json, sys
import numpy as np
reader = importlib.import_module(sys.argv[1])
for step, batch in reader.batches(sys.argv[2], step=5, count=3, host=1, hosts=2, token="secret"):
    arrays = {n: np.ascontiguousarray(np.asarray(a)) for n, a in batch.items()}
    print(json.dumps({"step": step, "tensors": {n: {"shape": list(a.shape), "sha256": hashlib.sha256(a.tobytes()).hexdigest()} for n, a in arrays.items()}}))
try:
    next(reader.batches(sys.argv[2], token="wrong"))
except RuntimeError as e:
    assert "token: missing or wrong" in str(e), e
else:
    raise SystemExit("a wrong token was accepted")
`

func TestClients_ReadTheBatchesInPython(t *testing.T) {
	for client, module := range map[string]string{"pali3_torch": "torch", "pali3_jax": "jax"} {
		t.Run(client, func(t *testing.T) {
			interpreter := python(t, "pyarrow", "numpy", module)
			script := filepath.Join(clients, client+".py")
			content, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Count(string(content), "\n"); lines > 24 {
				t.Errorf("%s has %d lines", script, lines)
			}
			for name, stream := range map[string]*mixture.Stream{
				"images":      batchtest.Stream(t, mixture.Options{}),
				"sequences":   batchtest.Stream(t, mixture.Options{}, batchtest.Sequences),
				"contrastive": batchtest.Stream(t, mixture.Options{}, batchtest.Contrastive...),
			} {
				address := map[string]string{"images": "0"}[name]
				if address == "" {
					address = "unix:" + filepath.Join(t.TempDir(), "b")
				}
				at := start(t, &Server{Stream: stream, Token: "secret"}, address)
				out := runPython(t, interpreter, readers, client, at)
				compare(t, name, out, func(step int) *mixture.Batch {
					b, err := stream.HostBatch(t.Context(), step, 1, 2)
					if err != nil {
						t.Fatal(err)
					}
					return b
				}, 3)
			}
		})
	}
}

func TestWrittenBatches_ReadWithPyarrow(t *testing.T) {
	interpreter := python(t, "pyarrow", "numpy")
	for name, assignments := range map[string][]string{
		"images": nil, "two images": {"images.per_example=2"}, "sequences": {batchtest.Sequences}, "contrastive": batchtest.Contrastive, "text": batchtest.Text,
	} {
		stream := batchtest.Stream(t, mixture.Options{}, assignments...)
		dir := filepath.Join(t.TempDir(), "batches")
		if _, err := batchfile.Write(t.Context(), dir, stream, batchfile.Options{From: 2, To: 6}); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(interpreter, filepath.Join("..", "..", "parity", "arrow_batches.py"), dir).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		compare(t, name, out, func(step int) *mixture.Batch { return batchtest.Batch(t, stream, step) }, 4)
	}
}
