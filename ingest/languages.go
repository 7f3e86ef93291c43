package ingest

import (
	"fmt"
	"slices"

	"github.com/pali3/pali3/ingest/internal/langcode"
	"github.com/pali3/pali3/shards"
)

// checkLanguage checks the code that a caller gave for texts that have none.
func checkLanguage(code string) error {
	if err := langcode.Check(code); err != nil {
		return fmt.Errorf("--language: %w", err)
	}
	return nil
}

// speak gives each text and question of a completed record a valid language code: that of o where
// it has none. It counts codes in another spelling, and rejects a record with a code that none is
// meant by.
func speak(record shards.Record, codes *langcode.Cache, o Options) shards.Record {
	if record.Err != nil || record.IsAside() {
		return record
	}
	s := &record.Sample
	var respelled []shards.LeftOut
	one := func(code *string) error {
		if *code == "" {
			*code = o.Language
			return nil
		}
		normalized, err := codes.Normalize(*code)
		if err != nil || normalized == *code {
			return err
		}
		name := *code + " to " + normalized
		if at := slices.IndexFunc(respelled, func(l shards.LeftOut) bool { return l.Name == name }); at >= 0 {
			respelled[at].N++
		} else {
			respelled = append(respelled, shards.LeftOut{Reason: shards.LeftLanguage, Name: name, N: 1})
		}
		*code = normalized
		return nil
	}
	var err error
	for i := 0; err == nil && i < len(s.Texts); i++ {
		err = one(&s.Texts[i].Language)
	}
	for i := 0; err == nil && i < len(s.Questions); i++ {
		err = one(&s.Questions[i].Language)
	}
	if err != nil {
		bad := shards.Bad(record.Origin, s.Key, BadLanguage, err)
		bad.LeftOut = record.LeftOut
		return bad
	}
	record.LeftOut = append(slices.Clip(record.LeftOut), respelled...)
	return record
}
