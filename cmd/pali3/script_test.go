package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(run(context.Background(), os.Args[1:]))
	}
	testscript.Main(m, map[string]func(){
		"pali3": func() {
			limitFiles()
			os.Exit(run(context.Background(), os.Args[1:]))
		},
	})
}

// TestScripts runs the sessions under testdata/script.
func TestScripts(t *testing.T) {
	models, err := filepath.Abs("../../tokenize/sentencepiece/testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: damages,
		Setup: func(e *testscript.Env) error {
			e.Setenv("MODELS", models) // SentencePiece models
			return nil
		},
	})
}
