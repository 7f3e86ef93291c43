package metrics

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// ptbSink takes the tokens of captions.
type ptbSink interface {
	token(text string) // of the current caption; never empty, and no punctuation
	endCaption()
}

// ptbScan is a place in a text of captions, a line each, and who takes the tokens.
type ptbScan struct {
	text  string
	at    int
	sink  ptbSink
	fresh bool // at is where a caption begins
}

// to reads on up to a place, or beyond it to the end of a token.
func (s *ptbScan) to(l *ptbLexer, end int) {
	for s.at < end {
		if s.text[s.at] == '\n' {
			s.at++
			s.endCaption()
			continue
		}
		token, read := l.next(s.text[s.at:])
		s.at += read
		s.fresh = false
		for { // markup can go over lines
			part, rest, more := strings.Cut(token, "\n")
			s.write(part)
			if !more {
				break
			}
			s.endCaption()
			token = rest
		}
	}
}

func (s *ptbScan) endCaption() {
	s.sink.endCaption()
	s.fresh = true
}

func (s *ptbScan) write(token string) {
	if token == "" {
		return
	}
	s.fresh = false
	if token = javaLower(token); token != "" && !isPTBPunctuation(token) {
		s.sink.token(token)
	}
}

// ptbChunk is about the number of bytes that a goroutine tokenizes at a time.
const ptbChunk = 128 << 10

// ptbTokens tokenizes captions in parallel. It returns the sinks, which new makes; their captions
// are in order, one sink after the other. The result does not depend on the number of cores.
//
// What a token is depends on the text behind it, but not on the text before it. So each goroutine
// begins at the beginning of a caption. If the token before goes beyond that place, as markup can,
// the captions there are tokenized again.
func ptbTokens[S ptbSink](captions []string, new func() S) []S {
	text, starts := ptbText(captions)
	scans, sinks := make([]ptbScan, len(starts)-1), make([]S, len(starts)-1)
	for n := range scans {
		sinks[n] = new()
		scans[n] = ptbScan{text: text, at: starts[n], sink: sinks[n], fresh: true}
	}
	parallel(len(scans), func(next func() (int, bool)) {
		l := ptbLexers.Get().(*ptbLexer)
		defer ptbLexers.Put(l)
		for n, ok := next(); ok; n, ok = next() {
			scans[n].to(l, starts[n+1])
		}
	})
	kept := sinks[:1]
	last := &scans[0]
	for n := 1; n < len(scans); n++ {
		if last.at == starts[n] && last.fresh {
			last, kept = &scans[n], append(kept, sinks[n])
			continue
		}
		l := ptbLexers.Get().(*ptbLexer)
		last.to(l, starts[n+1])
		ptbLexers.Put(l)
	}
	last.sink.endCaption()
	return kept
}

// ptbText joins captions, a line each, and returns where the chunks begin, the end of the text
// last.
func ptbText(captions []string) (text string, starts []int) {
	size := 0
	for _, caption := range captions {
		size += len(caption) + 1
	}
	var joined strings.Builder
	joined.Grow(size)
	starts = []int{0}
	for n, caption := range captions {
		if n > 0 {
			joined.WriteByte('\n')
		}
		if joined.Len()-starts[len(starts)-1] >= ptbChunk {
			starts = append(starts, joined.Len())
		}
		joined.WriteString(strings.ReplaceAll(strings.ToValidUTF8(caption, "\uFFFD"), "\n", " "))
	}
	return joined.String(), append(starts, joined.Len())
}

// parallel calls work on several goroutines. Each takes the next of n tasks from next until there
// are no more.
func parallel(n int, work func(next func() (int, bool))) {
	var taken atomic.Int64
	next := func() (int, bool) {
		at := int(taken.Add(1)) - 1
		return at, at < n
	}
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() { work(next) })
	}
	wait.Wait()
}
