package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pali3/pali3/internal/s3test"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
)

// memoryFile is an environment variable. It names the file to which a command that a test runs
// copies /proc/self/status at its end.
const memoryFile = "PALI3_TEST_MEMORY"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		status := Default().process(os.Args[1:])
		if name := os.Getenv(memoryFile); name != "" {
			said, _ := os.ReadFile("/proc/self/status") // where there is one
			os.WriteFile(name, said, 0o644)
		}
		os.Exit(status)
	}
	testscript.Main(m, map[string]func(){
		"pali3": func() {
			limitFiles()
			os.Exit(Default().process(os.Args[1:]))
		},
	})
}

// TestScripts runs the sessions under testdata/script.
func TestScripts(t *testing.T) {
	models, err := filepath.Abs("../tokenize/sentencepiece/testdata")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := filepath.Abs("../models/weights/testdata")
	if err != nil {
		t.Fatal(err)
	}
	hub, err := filepath.Abs("testdata/hub")
	if err != nil {
		t.Fatal(err)
	}
	masks, err := filepath.Abs("../models/maskvae/testdata")
	if err != nil {
		t.Fatal(err)
	}
	referring, err := filepath.Abs("../evalsuite/benchmarks/testdata/referring")
	if err != nil {
		t.Fatal(err)
	}
	server := s3test.New(t)
	chat := chatServer(t)
	address, parameters, _ := strings.Cut(server.URL("bucket"), "?")
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: damages,
		Condition: func(name string) (bool, error) {
			if name == "xla" { // built with it
				return slices.Contains(backend.Kinds(), name), nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("MODELS", models)       // SentencePiece models
			e.Setenv("WEIGHTS", weights)     // files of weights
			e.Setenv("MASKS", masks)         // of the mask VQ-VAE
			e.Setenv("REFERRING", referring) // files of RefCOCO
			e.Setenv("HUB", hub)             // folders as transformers writes them
			e.Setenv("CHAT", chat)           // an endpoint of chat completions
			e.Setenv("S3", address)          // of an object store
			e.Setenv("S3_PARAMETERS", parameters)
			e.Setenv(shards.WorkVariable, filepath.Join(e.WorkDir, "work"))
			for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"} {
				e.Setenv(name, os.Getenv(name))
			}
			return nil
		},
	})
}
