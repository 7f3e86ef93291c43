package cli

import (
	"bufio"
	"context"
	"fmt"
	"slices"

	"github.com/pali3/pali3/internal/lines"
	"github.com/pali3/pali3/tokenize/tokenizerjson"
)

// tokenizerCompare shows the lines that two tokenizers encode differently.
type tokenizerCompare struct {
	A    string `arg:"" help:"One tokenizer: a SentencePiece .model or a tokenizer.json."`
	B    string `arg:"" help:"The other."`
	Max  int    `default:"20" help:"Show at most this many lines; all are counted."`
	JSON bool   `help:"Print the counts as one JSON object."`
}

// comparison is what compare prints as JSON.
type comparison struct {
	Lines  int `json:"lines"`
	Differ int `json:"differ"`
}

func (c tokenizerCompare) Run(ctx context.Context, con *console) error {
	a, err := tokenizerjson.Open(c.A)
	if err != nil {
		return err
	}
	b, err := tokenizerjson.Open(c.B)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(con.out)
	var seen comparison
	err = lines.Each(ctx, con.in, func(number int, line string) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("line %d cannot be encoded by both: %v", number, r)
			}
		}()
		left, right := a.AppendIDs(nil, line), b.AppendIDs(nil, line)
		seen.Lines++
		if slices.Equal(left, right) {
			return nil
		}
		if seen.Differ++; seen.Differ <= c.Max && !c.JSON {
			fmt.Fprintf(out, "%d\t%s\n  A %s\n  B %s\n", number, line, showPieces(a, left), showPieces(b, right))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(seen)
	}
	fmt.Fprintf(out, "%d of %d lines differ\n", seen.Differ, seen.Lines)
	return out.Flush()
}

// showPieces formats ids with the text that each decodes to.
func showPieces(t tokenizerjson.Tokenizer, ids []int32) []byte {
	var out []byte
	for i, id := range ids {
		out = fmt.Appendf(separate(out, i), "%d:%q", id, t.Decode([]int32{id}))
	}
	return out
}
