package metrics

import (
	"slices"
	"sync"
)

// PTBTokenize tokenizes captions for [CIDEr] as pycocoevalcap does: Stanford's PTBTokenizer with
// -preserveLines -lowerCase, then without its list of punctuation. A result holds the tokens of one
// caption, parted by single spaces.
//
// The reference reads all captions as one text, a line each, and its rules look ahead: "plan C."
// keeps its period or not depending on how the next caption begins. So captions are tokenized here
// as a list too, and their order can matter, though rarely.
//
// Brackets become "-lrb-" and "-rrb-" and stay (the list of punctuation has them in capitals).
// Emoji and characters that the tokenizer does not know are dropped. Scripts written without spaces
// give one token a run of letters.
//
// One difference is meant: a carriage return or another of Unicode's line ends inside a caption is
// white space here, where it shifts all later captions of the reference by one line.
func PTBTokenize(captions []string) []string {
	if len(captions) == 0 {
		return []string{}
	}
	sinks := ptbTokens(captions, func() *ptbLines { return &ptbLines{} })
	out := make([]string, 0, len(captions))
	for _, s := range sinks {
		out = append(out, s.lines...)
	}
	return out
}

// ptbLines joins the tokens of each caption.
type ptbLines struct {
	lines []string
	line  []byte
}

func (s *ptbLines) token(text string) {
	if len(s.line) > 0 {
		s.line = append(s.line, ' ')
	}
	s.line = append(s.line, text...)
}

func (s *ptbLines) endCaption() {
	s.lines = append(s.lines, string(s.line))
	s.line = s.line[:0]
}

// isPTBPunctuation reports whether a token is in pycocoevalcap's list of those to remove. Its four
// brackets are left out: the tokens are lower case by then and never equal them.
func isPTBPunctuation(token string) bool {
	switch token {
	case "''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";":
		return true
	}
	return false
}

// ptbLexer is the rules' automaton, and those that find where a token ends and its context begins.
type ptbLexer struct {
	rules    *lexer
	contexts []*ruleContext // by rule; nil where nothing need follow
}

type ruleContext struct{ token, after *lexer }

var ptbGrammars = sync.OnceValue(func() *ptbTables {
	names := map[string]string{}
	for _, name := range ptbNames {
		names[name[0]] = spelled(name[1], names)
	}
	compile := func(patterns ...string) *grammar {
		g, err := newGrammar(patterns)
		if err != nil {
			panic("metrics: " + err.Error())
		}
		return g
	}
	t := &ptbTables{token: make([]*grammar, len(ptbRules)), after: make([]*grammar, len(ptbRules))}
	var patterns []string
	for i, rule := range ptbRules {
		token, after := spelled(rule.token, names), spelled(rule.after, names)
		patterns = append(patterns, "(?:"+token+")(?:"+after+")")
		if rule.after != "" {
			t.token[i], t.after[i] = compile(token), compile(after)
		}
	}
	t.rules = compile(patterns...)
	return t
})

// ptbTables are the compiled rules: each rule whole, and the two parts of a rule with a context.
type ptbTables struct {
	rules        *grammar
	token, after []*grammar
}

// ptbLexers keeps automata that have grown; each serves one call at a time.
var ptbLexers = sync.Pool{New: func() any {
	t := ptbGrammars()
	l := &ptbLexer{rules: newLexer(t.rules), contexts: make([]*ruleContext, len(ptbRules))}
	for i := range ptbRules {
		if t.token[i] != nil {
			l.contexts[i] = &ruleContext{newLexer(t.token[i]), newLexer(t.after[i])}
		}
	}
	return l
}}

// next returns the token at the start of text as it is written, and how many bytes of text it
// takes.
func (l *ptbLexer) next(text string) (token string, read int) {
	rule, read := l.rules.longest(text)
	if context := l.contexts[rule]; context != nil {
		read = context.split(text[:read])
	}
	if text[0] >= 0xf0 && read < 4 {
		read = 4 // never half a character
	}
	if write := ptbRules[rule].write; write != nil {
		return write(text[:read])
	}
	return text[:read], read
}

// split returns the length of the longest token in text whose remainder is wholly context.
func (c *ruleContext) split(text string) int {
	var ends []int
	c.token.run(text, func(_ int32, end int) { ends = append(ends, end) })
	for _, end := range slices.Backward(ends) {
		if rule, length := c.after.longest(text[end:]); rule >= 0 && end+length == len(text) {
			return end
		}
	}
	panic("metrics: a rule matched without its context")
}
