package cli

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/pali3/pali3/shards"
)

type shardsDiff struct {
	A    string `arg:"" help:"${dataset}"`
	B    string `arg:"" help:"Dataset to compare with it."`
	JSON bool   `help:"Print one JSON object."`
}

// difference is what diff prints as JSON.
type difference struct {
	Same    bool      `json:"same"`
	OnlyA   []string  `json:"only_a"`  // keys
	OnlyB   []string  `json:"only_b"`  // keys
	Changed []changed `json:"changed"` // rows with the same key
	Order   bool      `json:"order"`   // the common rows are in a different order
}

type changed struct {
	Key    string   `json:"key"`
	Fields []string `json:"fields"`
}

func (c shardsDiff) Run(con *console) error {
	a, err := con.open(c.A)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := con.open(c.B)
	if err != nil {
		return err
	}
	defer b.Close()
	d, err := compareDatasets(a, b)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := con.printJSON(d); err != nil {
			return err
		}
	} else {
		printDifference(con, d)
	}
	if !d.Same {
		return fmt.Errorf("%s and %s differ", c.A, c.B)
	}
	return nil
}

// compareDatasets compares image hashes instead of image bytes, which it does not read.
func compareDatasets(a, b *shards.Dataset) (difference, error) {
	d := difference{OnlyA: []string{}, OnlyB: []string{}, Changed: []changed{}}
	inA, err := a.Without("images.bytes")
	if err != nil {
		return d, err
	}
	inB, err := b.Without("images.bytes")
	if err != nil {
		return d, err
	}
	rows, n := map[string]int{}, 0
	for key, err := range b.Keys() {
		if err != nil {
			return d, err
		}
		rows[strings.Clone(key)] = n
		n++
	}
	last := -1
	for s, err := range inA.Samples() {
		if err != nil {
			return d, err
		}
		row, there := rows[s.Key]
		if !there {
			d.OnlyA = append(d.OnlyA, s.Key)
			continue
		}
		other, err := inB.Row(row)
		if err != nil {
			return d, err
		}
		if fields := differing(s, other); len(fields) > 0 {
			d.Changed = append(d.Changed, changed{s.Key, fields})
		}
		delete(rows, s.Key)
		d.Order = d.Order || row < last
		last = row
	}
	for key, err := range b.Keys() {
		if err != nil {
			return d, err
		}
		if _, left := rows[key]; left {
			d.OnlyB = append(d.OnlyB, key)
		}
	}
	d.Same = len(d.OnlyA)+len(d.OnlyB)+len(d.Changed) == 0 && !d.Order
	return d, nil
}

// differing returns the JSON names of the fields in which two samples differ.
func differing(a, b shards.Sample) (fields []string) {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
			fields = append(fields, name)
		}
	}
	return fields
}

func printDifference(con *console, d difference) {
	for _, key := range d.OnlyA {
		con.printf("- %s\n", key)
	}
	for _, key := range d.OnlyB {
		con.printf("+ %s\n", key)
	}
	for _, c := range d.Changed {
		con.printf("~ %s: %s\n", c.Key, strings.Join(c.Fields, ", "))
	}
	if d.Order {
		con.println("the rows are in a different order")
	}
	if d.Same {
		con.println("same")
	}
}
