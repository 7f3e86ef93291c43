package mixture

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

// numbers are rows of texts; row broken cannot be read.
type numbers struct{ n, broken int }

func (r numbers) Len() int { return r.n }

func (r numbers) Row(i int) (shards.Sample, error) {
	if i == r.broken {
		return shards.Sample{}, errors.New("a torn page")
	}
	text := shards.Text{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("the number %d of some numbers", i)}
	return shards.Sample{Key: fmt.Sprint(i), Split: "train", Texts: []shards.Text{text}}, nil
}

func rowsRecipe(t *testing.T, open OpenRows) Recipe {
	t.Helper()
	registry := Builtin()
	registry.Rows = map[string]OpenRows{"numbers": open}
	text := strings.NewReplacer("DATA", "numbers://x", "MODEL", model).Replace(recipeYAML)
	r, err := ParseRecipe([]byte(text), "test.yaml", registry,
		"tasks.0.weight=0", "tasks.1.weight=0", "tasks.2.weight=0", "tasks.3.weight=0", "tasks.4.weight=0")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRows_AreAStream(t *testing.T) {
	r := rowsRecipe(t, func(context.Context, string) (Rows, error) { return numbers{40, -1}, nil })
	one, four := open(t, r, Options{}), open(t, r, Options{Workers: 4})
	b := batch(t, one, 3)
	if b.Digest() != batch(t, four, 3).Digest() || one.Examples()[5] != 40 || b.Origins[0] != "numbers://x" {
		t.Errorf("batches differ, or not all rows are used: %v of %v", one.Examples(), b.Origins)
	}
	if e := one.Describe(b)[0]; e.Split != "train" || e.Key == "" {
		t.Errorf("example %+v", e)
	}
	if one.Dataset("numbers://x") != nil || one.RowsFingerprint("numbers://x") != "numbers://x with 40 rows" || one.RowsFingerprint("else") != "" {
		t.Errorf("fingerprint %q", one.RowsFingerprint("numbers://x"))
	}
}

func TestRows_NameWhatFails(t *testing.T) {
	for want, opener := range map[string]OpenRows{
		"opening numbers://x: no such shelf": func(context.Context, string) (Rows, error) { return nil, errors.New("no such shelf") },
		"opening numbers://x: no rows":       func(context.Context, string) (Rows, error) { return nil, nil },
		"numbers://x row 7: a torn page":     func(context.Context, string) (Rows, error) { return numbers{40, 7}, nil },
		"no sample of numbers://x":           func(context.Context, string) (Rows, error) { return numbers{0, -1}, nil },
	} {
		if _, err := Open(rowsRecipe(t, opener), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
