package tabular

import "fmt"

// badLanguage is the error of an invalid language code in a row.
type badLanguage struct {
	column string
	err    error
}

// Error implements error.
func (b *badLanguage) Error() string { return fmt.Sprintf("column %s: %v", b.column, b.err) }

// Unwrap returns the [langcode.Error].
func (b *badLanguage) Unwrap() error { return b.err }

// checkLanguages checks the language column of a row.
func (t *Table) checkLanguages(r row) error {
	if t.Columns.Language == "" {
		return nil
	}
	for _, value := range r.list(t.Columns.Language) {
		if _, err := t.languages.Normalize(plainText(value)); err != nil {
			return &badLanguage{t.Columns.Language, err}
		}
	}
	return nil
}
