package backend

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
)

// openGo opens the Go backend with options. It announces its option "parallelism" on standard
// output, which belongs to results, so openGo takes that option out and sets it afterwards.
func openGo(options string) (compute.Backend, error) {
	rest, parallelism, found := cutOption(options, "parallelism")
	be, err := compute.NewWithConfig("go:" + rest)
	if err != nil || !found {
		return be, err
	}
	workers, err := strconv.Atoi(parallelism)
	if err != nil {
		return nil, fmt.Errorf("invalid value for %q in Go backend config: needs an int, got %q", "parallelism", parallelism)
	}
	return be, setParallelism(be, workers)
}

// cutOption returns options without the one of the given name, and its value.
func cutOption(options, name string) (rest, value string, found bool) {
	var others []string
	for option := range strings.SplitSeq(options, ",") {
		if v, is := strings.CutPrefix(option, name+"="); is {
			value, found = v, true
			continue
		}
		others = append(others, option)
	}
	return strings.Join(others, ","), value, found
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
