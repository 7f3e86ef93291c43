package benchmarks

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"iter"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
)

// tableRow is a row of a table, as Parquet files of Hugging Face and TSV files of VLMEvalKit hold
// benchmarks. Its images are in the row.
type tableRow map[string]any

// text returns the first of the columns that has a text, number or boolean.
func (r tableRow) text(columns ...string) words {
	for _, column := range columns {
		switch v := r[column].(type) {
		case string:
			return words{text: v, given: true}
		case json.Number:
			return words{text: v.String(), given: true}
		case bool:
			return words{text: fmt.Sprint(v), given: true}
		case []any:
			if len(v) == 1 {
				return tableRow{"": v[0]}.text("")
			}
		}
	}
	return words{}
}

// id returns the text of a column in the normal form of ids.
func (r tableRow) id(columns ...string) string { return string(quotedID(r.text(columns...).text)) }

// texts returns a column that is a list, or a text that is a list in JSON or in Python.
func (r tableRow) texts(columns ...string) (all []words) {
	for _, column := range columns {
		switch v := r[column].(type) {
		case []any:
			for _, value := range v {
				all = append(all, tableRow{"": value}.text(""))
			}
		case string:
			if list, ok := pythonStrings(v); ok {
				for _, text := range list {
					all = append(all, words{text: text, given: true})
				}
			} else if v != "" {
				all = append(all, words{text: v, given: true})
			}
		case json.Number:
			all = append(all, words{text: v.String(), given: true})
		}
		if len(all) > 0 {
			break
		}
	}
	return all
}

// letters returns the columns A, B, C and so on, up to the first without a text.
func (r tableRow) letters() (choices list[words]) {
	for letter := 'A'; letter <= 'Z'; letter++ {
		w := r.text(string(letter))
		if strings.TrimSpace(w.text) == "" || w.text == "nan" {
			break
		}
		choices.items = append(choices.items, w)
	}
	return choices
}

// shortestImage is the shortest text that is an image: VLMEvalKit writes the index of another row
// instead of an image that occurred before.
const shortestImage = 64

// picture returns the image of a column: its bytes, or the id of the row whose image it is, or the
// names that it may have below the folder of images.
func (r tableRow) picture(column string) (content []byte, of string, err error) {
	switch v := r[column].(type) {
	case []byte:
		return v, "", nil
	case string:
		if len(v) <= shortestImage {
			return nil, string(quotedID(v)), nil
		}
		if list, ok := pythonStrings(v); ok && len(list) > 0 { // several images; the first is taken by those that show one
			v = list[0]
		}
		v = strings.TrimSpace(v)
		if _, after, isURI := strings.Cut(v, ";base64,"); isURI && strings.HasPrefix(v, "data:") {
			v = after
		}
		content, err = base64.StdEncoding.DecodeString(v)
		if err != nil {
			return nil, "", fmt.Errorf("column %s: no image in base64: %w", column, err)
		}
		return content, "", nil
	case json.Number:
		return nil, string(wholeNumber(v.String())), nil
	}
	return nil, "", nil
}

// show adds the image of a row to the item: from the column image, or from the file that the column
// image_path names.
func (i *item) show(r tableRow, o Options) error {
	if name := r.text("image_path", "file_name").text; name != "" {
		i.images = [][]string{{name, path.Join("images", name)}}
	}
	if o.withoutImages {
		return nil
	}
	content, of, err := r.picture("image")
	switch {
	case err != nil:
		return err
	case content != nil:
		i.sample.Images, i.images = []shards.Image{{Bytes: content}}, nil
	case of != "" && len(i.images) == 0 && strings.ContainsAny(of, "./"):
		i.images = [][]string{{of, path.Join("images", of)}}
	case of != "" && len(i.images) == 0:
		i.sample.Key = of // of the row that has the image
	}
	return nil
}

// eachRow returns a reader of tables. Fields of the first row that must be there are checked by
// convert, which returns an error in words.
func eachRow(needs string, convert func(n int, r tableRow, o Options) (item, error)) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] {
		return func(yield func(item, error) bool) {
			keep := func(column string) bool {
				return !o.withoutImages || !strings.HasPrefix(column, "image") || column == "image_path"
			}
			n, checked := 0, false
			for row, err := range tabular.Rows(ctx, o.Annotations, keep) {
				if errors.Is(err, tabular.ErrBroken) {
					err = fmt.Errorf("%w: reading %s: %w", errBroken, baseName(o.Annotations), err)
				}
				i := item{}
				if err == nil && !checked {
					if err = rowHas(row, needs, o); err != nil {
						yield(item{}, err)
						return
					}
					checked = true
				}
				if err == nil {
					if i, err = convert(n, row, o); err != nil {
						err = fmt.Errorf("row %d: %w", n+1, err)
					}
				}
				if !yield(i, i.checked(err)) || errors.Is(err, errBroken) {
					return
				}
				n++
			}
		}
	}
}

// rowHas returns an error unless the row has the columns; a|b is a or b.
func rowHas(row tableRow, needs string, o Options) error {
	for need := range strings.FieldsSeq(needs) {
		found := false
		for column := range strings.SplitSeq(need, "|") {
			_, has := row[column]
			found = found || has
		}
		if !found {
			return fmt.Errorf("%w: %s is no file of %s: its first row has no %s; its columns are %s", errBroken, baseName(o.Annotations), o.Layout, strings.ReplaceAll(need, "|", " or "), firstOf(sortedKeys(row), 20))
		}
	}
	return nil
}

// pythonStrings parses a list of strings and numbers as Python or JSON writes it.
func pythonStrings(text string) (all []string, ok bool) {
	text = strings.TrimSpace(text)
	var list []words
	if strings.HasPrefix(text, "[") && decode(jsontext.Value(text), &list) == nil {
		for _, w := range list {
			if w.text == "" && w.fault != "" {
				return nil, false
			}
			all = append(all, w.text)
		}
		return all, true
	}
	rest, is := strings.CutPrefix(text, "[")
	if !is || !strings.HasSuffix(text, "]") {
		return nil, false
	}
	for {
		rest = strings.TrimLeft(rest, " \t\r\n")
		if rest == "]" {
			return all, true
		}
		if len(all) > 0 || strings.HasPrefix(rest, ",") {
			if rest, is = strings.CutPrefix(rest, ","); !is || len(all) == 0 {
				return nil, false
			}
			if rest = strings.TrimLeft(rest, " \t\r\n"); rest == "]" {
				return all, true
			}
		}
		value, after, valid := pythonValue(rest)
		if !valid || after == "" {
			return nil, false
		}
		all, rest = append(all, value), after
	}
}

// pythonValue parses a string or a number at the beginning of a text.
func pythonValue(text string) (value, rest string, ok bool) {
	if text == "" {
		return "", "", false
	}
	quote := text[0]
	if quote != '\'' && quote != '"' {
		end := strings.IndexAny(text, ",]")
		if end <= 0 {
			return "", "", false
		}
		value = strings.TrimSpace(text[:end])
		if value == "" || strings.Trim(value, "0123456789.eE+-") != "" {
			return "", "", false
		}
		return value, text[end:], true
	}
	var b strings.Builder
	for at := 1; at < len(text); at++ {
		switch c := text[at]; {
		case c == quote:
			return b.String(), text[at+1:], true
		case c == '\\' && at+1 < len(text):
			at++
			switch text[at] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			case 'x', 'u', 'U':
				size := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[at]]
				r, valid := hexRune(text[at+1:], size)
				if !valid {
					return "", "", false
				}
				b.WriteRune(r)
				at += size
			case '\\', '\'', '"', '/':
				b.WriteByte(text[at])
			default: // Python keeps the backslash of other escapes
				b.WriteByte('\\')
				b.WriteByte(text[at])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

func hexRune(text string, size int) (r rune, ok bool) {
	if len(text) < size {
		return 0, false
	}
	for _, c := range []byte(text[:size]) {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, utf8.ValidRune(r)
}
