package backend

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestOpen_PrintsNothing(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = write
	be, err := Open("go:parallelism=3,ops_sequential")
	os.Stdout = stdout
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	if printed, _ := io.ReadAll(read); len(printed) > 0 {
		t.Errorf("printed %q on standard output", printed)
	}
	if !IsGo(be) {
		t.Errorf("the Go backend is named %q", be.Name())
	}
	if d := be.Description(); !strings.Contains(d, "parallelism=3") {
		t.Errorf("the option was not set: %s", d)
	}
	if _, err := Open("go:parallelism=many"); err == nil || !strings.Contains(err.Error(), `"parallelism"`) {
		t.Errorf("parallelism=many: error %v", err)
	}
}

func TestOpen_PrefersTheArgument(t *testing.T) {
	t.Setenv(Environment, "nosuchbackend")
	if _, err := Open(""); err == nil || !strings.Contains(err.Error(), "nosuchbackend") {
		t.Errorf("with the environment set: error %v", err)
	}
	if _, err := Open(Default()); err != nil {
		t.Errorf("with an argument: %v", err)
	}
}

func TestCatch(t *testing.T) {
	cause := errors.New("shapes differ")
	err := Catch("building the loss", func() { panic(cause) })
	if !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), "building the loss: ") {
		t.Errorf("error %v", err)
	}
	if err := Catch("building", func() {}); err != nil {
		t.Errorf("nothing thrown, but error %v", err)
	}
}
