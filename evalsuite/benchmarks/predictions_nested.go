package benchmarks

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/internal/jsonscan"
)

// nested reads the texts of a group of questions, by the last part of their ids. An object with the
// text of one question, as in files by id, is read as such.
func (r *predictionReader) nested(group string, s *jsonscan.Scanner) error {
	return s.Object(func(name []byte) error {
		p := Prediction{ID: group + "_" + strings.TrimSpace(string(name)), Line: r.file.Line()}
		if string(name) == "prediction" || string(name) == r.form.Text {
			p.ID = group
		}
		text, err := readMember(s, r.form.Text)
		if err != nil {
			return err
		}
		if text.kind != '"' {
			return fmt.Errorf("question %s has no text", p.ID)
		}
		p.Text = text.text
		return r.add(&p, "")
	})
}

// writeNested writes an object of texts for each group of questions, in the order of the groups'
// first questions.
func writeNested(out *bufio.Writer, all []prediction, o Options) error {
	var groups []string
	members := map[string][]string{}
	for n := range all {
		p := all[n].whole()
		group, member, err := nestedMember(&p, o)
		if err != nil {
			return fmt.Errorf("line %d: %w", p.Line, err)
		}
		if members[group] == nil {
			groups = append(groups, group)
		}
		members[group] = append(members[group], member)
	}
	out.WriteString("{")
	for n, group := range groups {
		if n > 0 {
			out.WriteString(",\n")
		}
		fmt.Fprintf(out, "%s:{%s}", group, strings.Join(members[group], ","))
	}
	out.WriteString("}\n")
	return nil
}

// nestedMember returns the name of a prediction's group, and the prediction as a member of it.
func nestedMember(p *Prediction, o Options) (group, member string, err error) {
	at := strings.LastIndexByte(p.ID, '_')
	switch {
	case p.Error != "" && !o.Partial:
		return "", "", fmt.Errorf("question %s has an error instead of a prediction: %s", p.ID, p.Error)
	case at < 0:
		return "", "", fmt.Errorf("question %q: the owner's form wants ids of a video, _ and a number", p.ID)
	}
	group, failed := jsonText(p.ID[:at])
	number, err := jsonText(p.ID[at+1:])
	text, wrong := jsonText(p.Text)
	return group, number + ":" + text, errors.Join(failed, err, wrong)
}
