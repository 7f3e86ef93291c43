package backend

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
)

// open opens a backend. The Go backend announces its option "parallelism" on standard output, which
// belongs to results, so open takes that option out of the configuration and sets it afterwards.
func open(configuration string) (compute.Backend, error) {
	rest, parallelism, found := cutParallelism(configuration)
	be, err := compute.NewWithConfig(rest)
	if err != nil || !found {
		return be, err
	}
	workers, err := strconv.Atoi(parallelism)
	if err != nil {
		return nil, fmt.Errorf("invalid value for %q in Go backend config: needs an int, got %q", "parallelism", parallelism)
	}
	return be, setParallelism(be, workers)
}

// cutParallelism returns the configuration of a Go backend without the option "parallelism", and
// the option's value.
func cutParallelism(configuration string) (rest, value string, found bool) {
	name, options, ok := strings.Cut(configuration, ":")
	if !ok || name != "go" {
		return configuration, "", false
	}
	var others []string
	for option := range strings.SplitSeq(options, ",") {
		if v, is := strings.CutPrefix(option, "parallelism="); is {
			value, found = v, true
			continue
		}
		others = append(others, option)
	}
	return name + ":" + strings.Join(others, ","), value, found
}

// setParallelism does what the option does: be.Workers.SetMaxParallelism(workers). The types are
// internal to the backend's module, so it calls the method by reflection.
func setParallelism(be compute.Backend, workers int) error {
	pool := reflect.Indirect(reflect.ValueOf(be)).FieldByName("Workers")
	if !pool.IsValid() {
		return errors.New("this Go backend has no workers to limit")
	}
	set, ok := pool.Interface().(interface{ SetMaxParallelism(int) })
	if !ok {
		return errors.New("this Go backend cannot limit its workers")
	}
	set.SetMaxParallelism(workers)
	return nil
}
