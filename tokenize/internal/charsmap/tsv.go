package charsmap

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ReadTSV reads rules, one per line: code points in hexadecimal, separated by spaces; a tab; and
// the code points that replace them, or nothing to delete them. Text after a second tab is a
// comment. A later rule for the same sequence overrides an earlier one.
//
//	41 302 300	1EA6	# Ầ
//	200B		# zero width space to nothing
func ReadTSV(r io.Reader) (Rules, error) {
	rules := Rules{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		fields := strings.Split(lines.Text(), "\t")
		from, err := codePoints(fields[0])
		if err == nil && from == "" {
			err = fmt.Errorf("no code points in the first column")
		}
		to := ""
		if err == nil && len(fields) > 1 {
			to, err = codePoints(fields[1])
		}
		if err != nil {
			return nil, fmt.Errorf("normalization rules, line %d: %w", number, err)
		}
		rules[from] = to
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading normalization rules: %w", err)
	}
	return rules, nil
}

func codePoints(field string) (string, error) {
	var b strings.Builder
	for _, code := range strings.Fields(field) {
		n, err := strconv.ParseUint(strings.TrimPrefix(code, "U+"), 16, 32)
		switch {
		case err != nil:
			return "", fmt.Errorf("%.20q is not a code point in hexadecimal", code)
		case n == 0 || n > 0x10ffff || n >= 0xd800 && n < 0xe000:
			return "", fmt.Errorf("%s is not a character that a rule can contain", code)
		}
		b.WriteRune(rune(n))
	}
	return b.String(), nil
}
