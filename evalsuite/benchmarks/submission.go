package benchmarks

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteSubmission writes a file of predictions in the form that the benchmark's server takes, and
// returns the number of predictions. The file is read as for scoring. Its order is kept.
// Predictions that have an error are an error, unless they count as partial; their text is then
// empty.
func (b *Benchmark) WriteSubmission(ctx context.Context, predictions string, o Options, w io.Writer) (n int, err error) {
	if b.Submission.ID == "" || b.Submission.Source == "" {
		return 0, fmt.Errorf("%s has no server whose form of predictions is known here", b.Name)
	}
	p, err := b.readPredictions(ctx, predictions, &problems{partial: o.Partial})
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriter(w)
	if b.Submission.Nested {
		if err := writeNested(out, p.all, o); err != nil {
			return 0, fmt.Errorf("%s %w", predictions, err)
		}
		return len(p.all), out.Flush()
	}
	begin, between, end := "[", ",\n", "]\n"
	switch {
	case b.Submission.ByID:
		begin, end = "{", "}\n"
	case b.Submission.Lines:
		begin, between, end = "", "\n", "\n"
	}
	out.WriteString(begin)
	for at := range p.all {
		if at > 0 {
			out.WriteString(between)
		}
		one := p.all[at].whole()
		if err := b.writeOne(out, &one, o); err != nil {
			return 0, fmt.Errorf("%s line %d: %w", predictions, one.Line, err)
		}
	}
	out.WriteString(end)
	return len(p.all), out.Flush()
}

// writeOne writes a prediction.
func (b *Benchmark) writeOne(out *bufio.Writer, p *Prediction, o Options) error {
	form := b.Submission
	if p.Error != "" && !o.Partial {
		return fmt.Errorf("question %s has an error instead of a prediction: %s", p.ID, p.Error)
	}
	if form.Lines {
		if strings.ContainsAny(p.ID+p.Text, ",\r\n") {
			return fmt.Errorf("question %q: the owner's script takes lines of id, comma, prediction, and the prediction %.100q does not fit in one", p.ID, p.Text)
		}
		fmt.Fprintf(out, "%s,%s", p.ID, p.Text)
		return nil
	}
	text, err := jsonText(p.Text)
	if err != nil {
		return err
	}
	id, err := jsonText(p.ID)
	if err != nil {
		return err
	}
	if form.Number {
		if strings.Trim(p.ID, "0123456789") != "" || len(p.ID) > 18 {
			return fmt.Errorf("question %q: the server of %s takes numbers as ids", p.ID, b.Name)
		}
		id = p.ID
	}
	if form.ByID {
		fmt.Fprintf(out, "%s:{%q:%s}", id, form.Text, text)
		return nil
	}
	sure := ""
	if p.Confidence != nil {
		sure = strconv.FormatFloat(*p.Confidence, 'g', -1, 64)
	}
	switch {
	case form.Confidence == form.Text && sure != "":
		fmt.Fprintf(out, "{%q:%s,%q:%s}", form.ID, id, form.Text, sure)
	case sure != "":
		fmt.Fprintf(out, "{%q:%s,%q:%s,%q:%s}", form.ID, id, form.Text, text, form.Confidence, sure)
	default:
		fmt.Fprintf(out, "{%q:%s,%q:%s}", form.ID, id, form.Text, text)
	}
	return nil
}

// jsonText returns a text as JSON without escapes for HTML.
func jsonText(text string) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(text)
	return strings.TrimSuffix(b.String(), "\n"), err
}
