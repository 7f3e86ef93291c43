package metrics

import (
	"fmt"
	"strings"
	"unicode"
)

// ptbLetters returns the reference's [:letter:] as the inside of a character class.
func ptbLetters() string {
	return classOf(func(r rune) bool {
		return unicode.IsLetter(r) && !unicode.Is(laterLetters, r) || r == 0x1885 || r == 0x1886
	})
}

// ptbDigits returns the reference's [:digit:] as the inside of a character class.
func ptbDigits() string {
	return classOf(func(r rune) bool {
		return unicode.Is(unicode.Nd, r) && !(r >= 0xde6 && r <= 0xdef) && !(r >= 0xa9f0 && r <= 0xa9f9)
	})
}

func classOf(member func(rune) bool) string {
	var class strings.Builder
	for r := rune(0); r <= 0xffff; r++ {
		if !member(r) {
			continue
		}
		first := r
		for r < 0xffff && member(r+1) {
			r++
		}
		fmt.Fprintf(&class, `\x{%X}-\x{%X}`, first, r)
	}
	return class.String()
}

// ptbMarks are the further characters that the reference takes for letters inside words: the soft
// hyphen and combining marks of many scripts. Marks that are missing here (Devanagari's nukta, say,
// is not; Myanmar's vowels are) are passed over, and part a word.
const ptbMarks = `\x{AD}\x{237}-\x{24F}\x{2C2}-\x{2C5}\x{2D2}-\x{2DF}\x{2E5}-\x{2FF}\x{300}-\x{36F}\x{370}-\x{37D}\x{384}` +
	`\x{385}\x{3CF}\x{3F6}\x{3FC}-\x{3FF}\x{483}-\x{487}\x{4CF}\x{4F6}-\x{4FF}\x{510}-\x{525}\x{55A}-\x{55F}` +
	`\x{591}-\x{5BD}\x{5BF}\x{5C1}\x{5C2}\x{5C4}\x{5C5}\x{5C7}\x{615}-\x{61A}\x{63B}-\x{63F}\x{64B}-\x{65E}` +
	`\x{670}\x{6D6}-\x{6EF}\x{6FA}-\x{6FF}\x{70F}\x{711}\x{730}-\x{74F}\x{750}-\x{77F}\x{7A6}-\x{7B1}` +
	`\x{7CA}-\x{7F5}\x{7FA}\x{900}-\x{903}\x{93C}\x{93E}-\x{94E}\x{951}-\x{955}\x{962}-\x{963}\x{981}-\x{983}` +
	`\x{9BC}-\x{9C4}\x{9C7}\x{9C8}\x{9CB}-\x{9CD}\x{9D7}\x{9E2}\x{9E3}\x{A01}-\x{A03}\x{A3C}\x{A3E}-\x{A4F}` +
	`\x{A81}-\x{A83}\x{ABC}-\x{ACF}\x{B82}\x{BBE}-\x{BC2}\x{BC6}-\x{BC8}\x{BCA}-\x{BCD}\x{C01}-\x{C03}` +
	`\x{C3E}-\x{C56}\x{D3E}-\x{D44}\x{D46}-\x{D48}\x{E30}-\x{E3A}\x{E47}-\x{E4E}\x{EB1}-\x{EBC}\x{EC8}-\x{ECD}`

// laterLetters are the basic plane's letters that Unicode gained, or came to call letters, after
// the tables of the reference were made; it passes over them.
var laterLetters = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x37f, Hi: 0x37f, Stride: 1}, {Lo: 0x528, Hi: 0x52f, Stride: 1}, {Lo: 0x560, Hi: 0x560, Stride: 1},
	{Lo: 0x588, Hi: 0x588, Stride: 1}, {Lo: 0x5ef, Hi: 0x5ef, Stride: 1}, {Lo: 0x860, Hi: 0x86a, Stride: 1},
	{Lo: 0x870, Hi: 0x887, Stride: 1}, {Lo: 0x889, Hi: 0x88f, Stride: 1}, {Lo: 0x8a1, Hi: 0x8a1, Stride: 1},
	{Lo: 0x8ad, Hi: 0x8c9, Stride: 1}, {Lo: 0x978, Hi: 0x978, Stride: 1}, {Lo: 0x980, Hi: 0x980, Stride: 1},
	{Lo: 0x9fc, Hi: 0x9fc, Stride: 1}, {Lo: 0xaf9, Hi: 0xaf9, Stride: 1}, {Lo: 0xc34, Hi: 0xc34, Stride: 1},
	{Lo: 0xc5a, Hi: 0xc5a, Stride: 1}, {Lo: 0xc5c, Hi: 0xc5d, Stride: 1}, {Lo: 0xc80, Hi: 0xc80, Stride: 1},
	{Lo: 0xcdc, Hi: 0xcdd, Stride: 1}, {Lo: 0xd04, Hi: 0xd04, Stride: 1}, {Lo: 0xd54, Hi: 0xd56, Stride: 1},
	{Lo: 0xd5f, Hi: 0xd5f, Stride: 1}, {Lo: 0xe86, Hi: 0xe86, Stride: 1}, {Lo: 0xe89, Hi: 0xe89, Stride: 1},
	{Lo: 0xe8c, Hi: 0xe8c, Stride: 1}, {Lo: 0xe8e, Hi: 0xe93, Stride: 1}, {Lo: 0xe98, Hi: 0xe98, Stride: 1},
	{Lo: 0xea0, Hi: 0xea0, Stride: 1}, {Lo: 0xea8, Hi: 0xea9, Stride: 1}, {Lo: 0xeac, Hi: 0xeac, Stride: 1},
	{Lo: 0x13f5, Hi: 0x13f5, Stride: 1}, {Lo: 0x13f8, Hi: 0x13fd, Stride: 1}, {Lo: 0x16f1, Hi: 0x16f8, Stride: 1},
	{Lo: 0x170d, Hi: 0x170d, Stride: 1}, {Lo: 0x171f, Hi: 0x171f, Stride: 1}, {Lo: 0x1878, Hi: 0x1878, Stride: 1},
	{Lo: 0x191d, Hi: 0x191e, Stride: 1}, {Lo: 0x19b0, Hi: 0x19c0, Stride: 1}, {Lo: 0x19c8, Hi: 0x19c9, Stride: 1},
	{Lo: 0x1b4c, Hi: 0x1b4c, Stride: 1}, {Lo: 0x1c80, Hi: 0x1c8a, Stride: 1}, {Lo: 0x1c90, Hi: 0x1cba, Stride: 1},
	{Lo: 0x1cbd, Hi: 0x1cbf, Stride: 1}, {Lo: 0x1cf2, Hi: 0x1cf3, Stride: 1}, {Lo: 0x1cfa, Hi: 0x1cfa, Stride: 1},
	{Lo: 0x2c2f, Hi: 0x2c2f, Stride: 1}, {Lo: 0x2c5f, Hi: 0x2c5f, Stride: 1}, {Lo: 0x312e, Hi: 0x312f, Stride: 1},
	{Lo: 0x31bb, Hi: 0x31bf, Stride: 1}, {Lo: 0x4db6, Hi: 0x4dbf, Stride: 1}, {Lo: 0x9fcd, Hi: 0x9fff, Stride: 1},
	{Lo: 0xa698, Hi: 0xa69d, Stride: 1}, {Lo: 0xa78f, Hi: 0xa78f, Stride: 1}, {Lo: 0xa794, Hi: 0xa79f, Stride: 1},
	{Lo: 0xa7ab, Hi: 0xa7dc, Stride: 1}, {Lo: 0xa7f1, Hi: 0xa7f7, Stride: 1}, {Lo: 0xa8fd, Hi: 0xa8fe, Stride: 1},
	{Lo: 0xa9e0, Hi: 0xa9e4, Stride: 1}, {Lo: 0xa9e6, Hi: 0xa9ef, Stride: 1}, {Lo: 0xa9fa, Hi: 0xa9fe, Stride: 1},
	{Lo: 0xaa7e, Hi: 0xaa7f, Stride: 1}, {Lo: 0xab30, Hi: 0xab5a, Stride: 1}, {Lo: 0xab5c, Hi: 0xab69, Stride: 1},
	{Lo: 0xab70, Hi: 0xabbf, Stride: 1},
}}
