package detection

import "fmt"

// ParseMask reads a mask whose runs are text, as pycocotools writes it under "counts" (maskApi.c,
// rleFrString). Each character less 48 holds five bits of a number, lowest first, and a sixth bit
// that is set if more follow; the number's last bit is its sign. From the fourth run on a number is
// the difference to the length two runs before it.
func ParseMask(counts string, height, width int) (*Mask, error) {
	if err := checkSize(height, width); err != nil {
		return nil, err
	}
	m := &Mask{Height: height, Width: width, Counts: make([]uint32, 0, min(len(counts), 1<<12))}
	all := int64(height) * int64(width)
	for at := 0; at < len(counts); {
		run, next, err := parseRun(counts, at)
		if err != nil {
			return nil, err
		}
		if n := len(m.Counts); n > 2 {
			run += int64(m.Counts[n-2])
		}
		if run < 0 || run > all {
			return nil, fmt.Errorf("counts %.40q: run %d at character %d has %d pixels, want 0 to %d", counts, len(m.Counts), at, run, all)
		}
		m.Counts = append(m.Counts, uint32(run))
		at = next
	}
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("counts %.40q: %w", counts, err)
	}
	return m, nil
}

// parseRun reads the number at a place in counts, and returns the place behind it.
func parseRun(counts string, at int) (run int64, next int, err error) {
	for shift := 0; ; shift += 5 {
		switch {
		case at == len(counts):
			return 0, 0, fmt.Errorf("counts %.40q end within a number", counts)
		case counts[at] < '0' || counts[at] > '0'+63:
			return 0, 0, fmt.Errorf("counts %.40q: character %d is %q, want '0' to 'o'", counts, at, counts[at])
		case shift > 30:
			return 0, 0, fmt.Errorf("counts %.40q: the number at character %d is too large", counts, at)
		}
		bits := int64(counts[at] - '0')
		at++
		run |= bits & 31 << shift
		if bits&32 == 0 {
			if bits&16 != 0 {
				run |= -1 << (shift + 5)
			}
			return run, at, nil
		}
	}
}

// String writes the runs as [ParseMask] reads them.
func (m *Mask) String() string {
	text := make([]byte, 0, 2*len(m.Counts))
	for i, c := range m.Counts {
		run := int64(c)
		if i > 2 {
			run -= int64(m.Counts[i-2])
		}
		for more := true; more; {
			bits := byte(run & 31)
			run >>= 5
			if more = run != 0; bits&16 != 0 {
				more = run != -1
			}
			if more {
				bits |= 32
			}
			text = append(text, bits+'0')
		}
	}
	return string(text)
}
