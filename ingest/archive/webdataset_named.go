package archive

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
	"github.com/pali3/pali3/shards/format/webdataset"
)

// namedMembers are the members and fields of WebDataset records that the user assigned. They
// replace what [webdataset.Read] would find by itself.
type namedMembers struct {
	columns tabular.Columns
	plan    *mapping.Plan
}

// firstRecords is the number of records of the first archive in which named members are looked for.
const firstRecords = 100

// Map assigns members, and fields of the records' .json: a member by its extension, such as
// short.txt or left.png, a field by its name or path. Whatever is not assigned is found as usual:
// if only a text column is named, images are still the members that hold images. Unless the first
// archive is a pipe, Map checks that each name occurs in its first records.
func (w *WebDataset) Map(c tabular.Columns, language, kind string) error {
	m := c.Mapping(language, kind)
	m.NamedOnly, m.KeepNamed, m.Optional = true, true, true
	plan, err := m.For(nil)
	if err != nil {
		return err
	}
	if !c.NamesAny() && language == "" && kind == "" {
		return nil
	}
	w.named = &namedMembers{c, plan}
	if input.IsStream(w.Files[0]) || !c.NamesAny() {
		return nil
	}
	return w.checkNames()
}

// checkNames returns an error if a name occurs in none of the first records.
func (w *WebDataset) checkNames() error {
	f, err := input.Open(w.stores, w.Files[0])
	if err != nil {
		return err
	}
	defer f.Close()
	missing := slices.DeleteFunc(w.named.columns.Names(), func(name string) bool { return name == "" })
	seen := map[string]bool{}
	n := 0
	for _, members := range webdataset.ReadMembers(f, w.Files[0]) {
		missing = slices.DeleteFunc(missing, func(name string) bool { return mapping.Lookup(members, name) != nil })
		for name := range members {
			seen[name] = true
		}
		if n++; n == firstRecords || len(missing) == 0 {
			break
		}
	}
	if len(missing) > 0 && len(seen) > 0 {
		return fmt.Errorf("%s: no member or field %q in the first %d records; there are %.1000q", w.Files[0], missing[0], n, slices.Sorted(maps.Keys(seen)))
	}
	return nil
}

// apply puts the named members and fields into a record and counts what they displace.
func (n *namedMembers) apply(record shards.Record, members map[string]any) shards.Record {
	if n == nil || record.IsAside() || record.Err != nil && (record.Reason != shards.NoContent || members == nil) {
		return record
	}
	named := n.plan.Record(members, record.Sample.Key)
	if named.Reason == shards.NoContent { // among the named members; the record may still have metadata or a split
		named.LeftOut, named.Reason, named.Err = n.plan.Fill(&named.Sample, members)
	}
	left := record.LeftOut
	if named.Err == nil {
		for _, l := range named.LeftOut {
			if l.Reason != shards.LeftColumn { // unnamed members are handled by webdataset.Read
				left = append(left, l)
			}
		}
		left = append(left, n.replace(&record.Sample, &named.Sample)...)
		named.Sample = record.Sample
		if s := &record.Sample; len(s.Images) == 0 && len(s.Texts) == 0 && len(s.Questions) == 0 {
			named = shards.Bad("", s.Key, shards.NoContent, fmt.Errorf("neither image nor text in members %.500q", slices.Sorted(maps.Keys(members))))
		}
	}
	named.Origin, named.LeftOut = record.Origin, left
	return named
}

// replace puts the named parts of a sample into another and returns what they displace.
func (n *namedMembers) replace(s, named *shards.Sample) (left []shards.LeftOut) {
	displace := func(reason, what string, n int) {
		if n > 0 {
			left = append(left, shards.LeftOut{Reason: reason, Name: what, N: int64(n)})
		}
	}
	c := &n.columns
	if len(n.plan.Image) > 0 {
		displace(shards.LeftImage, "images of members that are not named", len(s.Images)-len(named.Images))
		s.Images = named.Images
	}
	if len(n.plan.Text) > 0 {
		displace(shards.LeftText, "texts of members that are not named", unlike(s.Texts, named.Texts))
		s.Texts = named.Texts
	}
	if c.Question != "" {
		s.Questions = named.Questions
	}
	if c.Boxes != "" {
		s.Boxes = named.Boxes
	}
	if len(c.Keep) > 0 {
		displace(shards.LeftColumn, "fields that --keep does not name", len(s.Metadata)-len(named.Metadata))
		s.Metadata = named.Metadata
	}
	s.Key, s.Split = cmp.Or(named.Key, s.Key), cmp.Or(named.Split, s.Split)
	for i := range s.Texts {
		s.Texts[i].Language = cmp.Or(s.Texts[i].Language, n.plan.Language)
		if s.Texts[i].Kind == shards.Alt {
			s.Texts[i].Kind = cmp.Or(n.plan.Kind, shards.Alt)
		}
	}
	return left
}

// unlike counts the texts whose values do not occur in others.
func unlike(texts, others []shards.Text) (n int) {
	for i := range texts {
		if !slices.ContainsFunc(others, func(t shards.Text) bool { return t.Value == texts[i].Value }) {
			n++
		}
	}
	return n
}
