package cli

import (
	"bytes"
	"fmt"

	"github.com/pali3/pali3/internal/hostile"
)

// big is image i followed by 50 KB.
func big(i int) []byte {
	return append(hostile.Image(fmt.Sprint(i)), bytes.Repeat([]byte{byte(i)}, 50_000)...)
}
