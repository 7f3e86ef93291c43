package pickle_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/ingest/internal/pickle"
)

func ExampleDecode() {
	v, err := pickle.Decode(strings.NewReader("(dS'split'\nS'train'\ns."), pickle.Limits{})
	fmt.Println(v, err)
	_, err = pickle.Decode(strings.NewReader("cos\nsystem\n(S'rm -r .'\ntR."), pickle.Limits{})
	fmt.Println(errors.Is(err, pickle.ErrProgram))
	// Output:
	// map[split:train] <nil>
	// true
}
