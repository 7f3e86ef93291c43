package models

import (
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/paligemma"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/t5gemma2"
)

// Families returns the built-in families. The caller may change the table.
func Families() family.Families {
	return family.Families{siglip.Family(), t5.Family(), pali3.Family(), paligemma.Family(), t5gemma2.Family(), maskvae.Family()}
}
