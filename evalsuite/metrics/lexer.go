package metrics

import (
	"encoding/binary"
	"fmt"
	"maps"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// lexer finds, at a position of a text, the rule of a table with the longest match, the way
// scanners made by lex do. It simulates the union of all rules as one deterministic automaton (the
// subset construction), whose states are made when first reached, so that a text costs one table
// look-up a character.
//
// Not safe for concurrent use: the automaton grows while it runs.
type lexer struct {
	grammar *grammar
	numbers map[string]int32 // of states, by their instructions
	start   int32

	// By state: its positions in the rules' programs, sorted, and the first rule that ends there,
	// or -1.
	states  [][]int32
	accepts []int32
	// next holds the state after each state and class of characters.
	next    []int32
	classes int32
}

// dead is the state from which nothing matches; unknown says that a step was not taken yet.
const (
	dead    = 0
	unknown = -1
)

// grammar is what the lexers of one rule table share.
type grammar struct {
	insts   []instruction
	starts  []int32
	classes []uint8 // of the basic plane's characters; see class
	members []rune  // one character of each class
}

// instruction is one step of a rule's program: consume a character, or accept.
type instruction struct {
	matches func(rune) bool
	next    []int32 // the instructions after it, through everything that consumes nothing
	accept  int32   // the rule, or -1
}

// maxToken bounds, in bytes, how far a match looks ahead, so that a hostile text costs no more
// than this for each of its characters.
const maxToken = 16 << 10

// newGrammar compiles patterns of Go's regular expression syntax. The patterns' order is their
// priority among matches of one length.
func newGrammar(patterns []string) (*grammar, error) {
	g := &grammar{}
	charsets := map[string]*syntax.Inst{}
	for rule, pattern := range patterns {
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			return nil, fmt.Errorf("parsing rule %d: %w", rule, err)
		}
		prog, err := syntax.Compile(parsed.Simplify())
		if err != nil {
			return nil, fmt.Errorf("compiling rule %d: %w", rule, err)
		}
		base := int32(len(g.insts))
		for i := range prog.Inst {
			inst := &prog.Inst[i]
			compiled := instruction{accept: -1}
			switch inst.Op {
			case syntax.InstMatch:
				compiled.accept = int32(rule)
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				key := fmt.Sprint(inst.Op, inst.Arg, inst.Rune)
				if charsets[key] == nil {
					charsets[key] = inst
				}
				compiled.matches = charsets[key].MatchRune
				compiled.next = consuming(prog, inst.Out, base)
			}
			g.insts = append(g.insts, compiled)
		}
		g.starts = append(g.starts, consuming(prog, uint32(prog.Start), base)...)
	}
	g.classify(slices.Collect(maps.Values(charsets)))
	return g, nil
}

// consuming returns the instructions that consume a character or accept, reached from pc without
// consuming anything.
func consuming(prog *syntax.Prog, pc uint32, base int32) []int32 {
	var found []int32
	seen := map[uint32]bool{}
	var visit func(uint32)
	visit = func(pc uint32) {
		if seen[pc] {
			return
		}
		seen[pc] = true
		switch inst := prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			visit(inst.Out)
			visit(inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			visit(inst.Out)
		case syntax.InstFail:
		case syntax.InstEmptyWidth:
			panic("metrics: a lexer rule holds an assertion")
		default:
			found = append(found, base+int32(pc))
		}
	}
	visit(pc)
	return found
}

// classify parts the basic plane's characters into classes that no rule tells apart. Characters
// beyond it count as two of the class of surrogates, for which U+FFFF stands.
func (g *grammar) classify(charsets []*syntax.Inst) {
	cuts := map[rune]bool{0: true, 0xffff: true}
	for _, set := range charsets {
		for i := 0; i+1 < len(set.Rune); i += 2 {
			cuts[set.Rune[i]], cuts[set.Rune[i+1]+1] = true, true
		}
		if len(set.Rune) == 1 {
			for r := set.Rune[0]; !cuts[r] || !cuts[r+1]; r = unicode.SimpleFold(r) {
				cuts[r], cuts[r+1] = true, true
			}
		}
	}
	borders := slices.Sorted(maps.Keys(cuts))
	classOf := map[string]uint8{}
	g.classes = make([]uint8, 0x10000)
	for i, lo := range borders {
		hi := rune(0x10000)
		if i+1 < len(borders) {
			hi = min(hi, borders[i+1])
		}
		signature := make([]byte, len(charsets))
		for j, set := range charsets {
			if set.MatchRune(lo) {
				signature[j] = 1
			}
		}
		class, ok := classOf[string(signature)]
		if !ok {
			class = uint8(len(g.members))
			classOf[string(signature)] = class
			g.members = append(g.members, lo)
		}
		for r := lo; r < hi; r++ {
			g.classes[r] = class
		}
	}
	if len(g.members) > 256 {
		panic("metrics: a lexer's rules tell more than 256 classes of characters apart")
	}
}

func newLexer(g *grammar) *lexer {
	l := &lexer{grammar: g, numbers: map[string]int32{}, classes: int32(len(g.members))}
	l.intern(nil) // the dead state is 0
	l.start = l.intern(slices.Clone(g.starts))
	return l
}

// intern returns the state of a set of instructions.
func (l *lexer) intern(insts []int32) int32 {
	slices.Sort(insts)
	insts = slices.Compact(insts)
	key := make([]byte, 0, 4*len(insts))
	accept := int32(-1)
	for _, i := range insts {
		key = binary.LittleEndian.AppendUint32(key, uint32(i))
		if rule := l.grammar.insts[i].accept; rule >= 0 && (accept < 0 || rule < accept) {
			accept = rule
		}
	}
	s, ok := l.numbers[string(key)]
	if !ok {
		s = int32(len(l.states))
		l.numbers[string(key)] = s
		l.states = append(l.states, insts)
		l.accepts = append(l.accepts, accept)
		for range l.classes {
			l.next = append(l.next, unknown)
		}
	}
	return s
}

// step returns the state that follows s after a character of a class.
func (l *lexer) step(s int32, class uint8) int32 {
	if next := l.next[s*l.classes+int32(class)]; next != unknown {
		return next
	}
	var reached []int32
	for _, i := range l.states[s] {
		if inst := &l.grammar.insts[i]; inst.matches != nil && inst.matches(l.grammar.members[class]) {
			reached = append(reached, inst.next...)
		}
	}
	next := l.intern(reached)
	l.next[s*l.classes+int32(class)] = next
	return next
}

// longest returns the rule with the longest match at the start of text, the first of them among
// equals, and the match's length in bytes; rule is -1 if none matches.
func (l *lexer) longest(text string) (rule int32, length int) {
	rule = -1
	classes := l.grammar.classes
	s, i := l.start, 0
	for i < min(len(text), maxToken) && text[i] < utf8.RuneSelf { // as run does, and most texts are ASCII
		next := l.next[s*l.classes+int32(classes[text[i]])]
		if next == unknown {
			next = l.step(s, classes[text[i]])
		}
		if s = next; s == dead {
			return rule, length
		}
		i++
		if accept := l.accepts[s]; accept >= 0 {
			rule, length = accept, i
		}
	}
	l.runFrom(s, i, text, func(accept int32, end int) { rule, length = accept, end })
	return rule, length
}

// run calls accepted for every prefix of text that some rule matches, shortest first. Text is valid
// UTF-8, but for a character of two code units that it may end in the middle of.
func (l *lexer) run(text string, accepted func(rule int32, end int)) {
	l.runFrom(l.start, 0, text, accepted)
}

// runFrom is run from byte i on, before which text led to the state s.
func (l *lexer) runFrom(s int32, i int, text string, accepted func(rule int32, end int)) {
	for i < min(len(text), maxToken) {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
			if size == 1 { // text ends in the middle of a character of two code units
				r, size = 0xffff, 2
			}
		}
		if r > 0xffff { // two code units, as in UTF-16, of two bytes each
			surrogate := l.grammar.classes[0xffff]
			if s = l.step(s, surrogate); l.accepts[s] >= 0 {
				accepted(l.accepts[s], i+2)
			}
			s = l.step(s, surrogate)
		} else {
			s = l.step(s, l.grammar.classes[r])
		}
		i += size
		if l.accepts[s] >= 0 {
			accepted(l.accepts[s], i)
		}
		if s == dead {
			return
		}
	}
}
