package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/lines"
	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/tokenizerjson"
)

// tokenizerCommand holds the commands about tokenizers.
type tokenizerCommand struct {
	Encode  tokenizerEncode  `cmd:"" help:"Encode each line of standard input."`
	Decode  tokenizerDecode  `cmd:"" help:"Decode each line of ids of standard input."`
	Inspect tokenizerInspect `cmd:"" help:"Print a model's properties, or list its pieces."`
	Train   tokenizerTrain   `cmd:"" help:"Train a model on text or on a dataset, like spm_train."`
	Compare tokenizerCompare `cmd:"" help:"Show the lines of standard input that two tokenizers encode differently."`
	Stats   tokenizerStats   `cmd:"" help:"Measure how well a model fits text: ids per word and byte, coverage."`
	Import  tokenizerImport  `cmd:"" help:"Convert a tokenizer.json to a SentencePiece .model with the same ids."`
	Export  tokenizerExport  `cmd:"" help:"Convert a SentencePiece .model to a tokenizer.json."`
}

type tokenizerEncode struct {
	Model  string `required:"" help:"SentencePiece .model file, or a tokenizer.json that describes one."`
	Format string `enum:"ids,pieces,offsets" default:"ids" help:"Print ids, pieces, or id:begin:end with the byte range of each id in the line (${enum})."`
}

func (c tokenizerEncode) Run(ctx context.Context, con *console) error {
	model, err := con.openModel(c.Model)
	if err != nil {
		return err
	}
	write := map[string]func([]byte, string) ([]byte, error){
		"ids":     func(dst []byte, line string) ([]byte, error) { return appendIDs(dst, model, line), nil },
		"pieces":  func(dst []byte, line string) ([]byte, error) { return appendPieces(dst, model, line), nil },
		"offsets": func(dst []byte, line string) ([]byte, error) { return appendOffsets(dst, model, line), nil },
	}[c.Format]
	return lines.Map(ctx, con.in, con.out, write)
}

// openModel opens a model. It logs for which texts the ids of a tokenizer.json differ from those of
// Hugging Face's tokenizers.
func (con *console) openModel(path string) (*sentencepiece.Model, error) {
	model, notes, err := tokenizerjson.OpenModel(path)
	if len(notes) > 0 {
		con.log.Info().Msg("run as a SentencePiece model; the ids are those of Hugging Face's tokenizers except for " + strings.Join(notes, "; "))
	}
	return model, err
}

func appendIDs(dst []byte, model *sentencepiece.Model, line string) []byte {
	for i, id := range model.Encode(line) {
		dst = strconv.AppendInt(separate(dst, i), int64(id), 10)
	}
	return dst
}

func appendPieces(dst []byte, model *sentencepiece.Model, line string) []byte {
	for i, token := range model.Tokens(line) {
		dst = append(separate(dst, i), token.Piece...)
	}
	return dst
}

func appendOffsets(dst []byte, model *sentencepiece.Model, line string) []byte {
	for i, token := range model.Tokens(line) {
		dst = fmt.Appendf(separate(dst, i), "%d:%d:%d", token.ID, token.Begin, token.End)
	}
	return dst
}

// separate appends a space before all values of a line but the first.
func separate(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ' ')
	}
	return dst
}

type tokenizerDecode struct {
	Model string `required:"" help:"SentencePiece .model file, or a tokenizer.json that describes one."`
}

func (c tokenizerDecode) Run(ctx context.Context, con *console) error {
	model, err := con.openModel(c.Model)
	if err != nil {
		return err
	}
	return lines.Map(ctx, con.in, con.out, func(dst []byte, line string) ([]byte, error) {
		return appendText(dst, model, line)
	})
}

// appendText decodes a line of ids. A newline in the text becomes a space, so that each line of ids
// gives one line of text.
func appendText(dst []byte, model *sentencepiece.Model, line string) ([]byte, error) {
	var ids []int32
	for i, field := range strings.Fields(line) {
		id, err := strconv.ParseInt(field, 10, 32)
		if err != nil || id < 0 || id >= int64(model.Len()) {
			return nil, fmt.Errorf("id %d is %q; want a number from 0 to %d", i+1, field, model.Len()-1)
		}
		ids = append(ids, int32(id))
	}
	text := []byte(model.Decode(ids))
	return append(dst, bytes.ReplaceAll(text, []byte("\n"), []byte(" "))...), nil
}

type tokenizerInspect struct {
	Model  string `required:"" help:"SentencePiece .model file, or a tokenizer.json that describes one."`
	Pieces bool   `help:"List all pieces: id, kind, score, text, separated by tabs."`
	JSON   bool   `help:"Print one JSON object."`
}

func (c tokenizerInspect) Run(con *console) error {
	model, err := con.openModel(c.Model)
	switch {
	case err != nil:
		return err
	case c.Pieces:
		return listPieces(con.out, model)
	case c.JSON:
		return con.printJSON(struct {
			Pieces int `json:"pieces"`
			sentencepiece.Traits
		}{model.Len(), model.Traits()})
	}
	t := model.Traits()
	con.printf("%-25s%d\n", "pieces", model.Len())
	for _, line := range []struct {
		name  string
		value any
	}{
		{"type", t.Type}, {"kinds", strings.TrimPrefix(fmt.Sprint(t.Kinds), "map")}, {"longest piece", fmt.Sprintf("%d bytes", t.LongestPiece)},
		{"normalization", fmt.Sprintf("%s, %d bytes of rules", t.Normalization, t.NormalizationBytes)},
		{"add dummy prefix", t.AddDummyPrefix}, {"remove extra whitespaces", t.RemoveExtraWhitespaces},
		{"escape whitespaces", t.EscapeWhitespaces}, {"whitespace as suffix", t.WhitespaceAsSuffix}, {"byte fallback", t.ByteFallback},
	} {
		con.printf("%-25s%v\n", line.name, line.value)
	}
	return nil
}

func listPieces(w io.Writer, model *sentencepiece.Model) error {
	out := bufio.NewWriter(w)
	for id := range int32(model.Len()) {
		p := model.Piece(id)
		fmt.Fprintf(out, "%d\t%s\t%g\t%s\n", id, p.Kind, p.Score, p.Text)
	}
	return out.Flush()
}
