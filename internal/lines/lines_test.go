package lines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func double(dst []byte, line string) ([]byte, error) {
	n, err := strconv.Atoi(line)
	return strconv.AppendInt(dst, 2*int64(n), 10), err
}

func TestMap_KeepsOrder(t *testing.T) {
	for _, lines := range []int{0, 1, batchLines, 20*batchLines + 3} {
		var in, want, got bytes.Buffer
		for i := range lines {
			fmt.Fprintln(&in, i)
			fmt.Fprintln(&want, 2*i)
		}
		in.Truncate(max(0, in.Len()-1)) // the last line may lack its newline
		if err := Map(context.Background(), &in, &got, double); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%d lines come out wrong", lines)
		}
	}
}

func TestMap_NamesTheLineOfAnError(t *testing.T) {
	in := strings.Repeat("1\n", 2*batchLines) + "one\n" + strings.Repeat("1\n", 50*batchLines)
	err := Map(context.Background(), strings.NewReader(in), &bytes.Buffer{}, double)
	if want := fmt.Sprintf("line %d: ", 2*batchLines+1); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want it to begin with %q", err, want)
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestMap_StopsOnAFailedWriteAndAnEndedContext(t *testing.T) {
	in := strings.NewReader(strings.Repeat("1\n", 100*batchLines))
	if err := Map(context.Background(), in, fullDisk{}, double); !errors.Is(err, errFull) {
		t.Errorf("error %v, want that of the writer", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in.Seek(0, 0)
	if err := Map(ctx, in, &bytes.Buffer{}, double); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after the context ended", err)
	}
}
